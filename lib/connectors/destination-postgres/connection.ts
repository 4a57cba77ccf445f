import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { Client, ClientConfig } from 'pg'
import type { PostgresConfig } from './config.ts'

const connectTimeoutMs = 10_000

/** A server's own limits must not end a long load that the user asked for; a table that stays locked does. */
const session = `
  SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '60s';
  SET TimeZone = 'UTC'; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET client_min_messages = warning;
  SET search_path = pg_catalog`

/** Connects, in the TLS mode of the configuration, and sets the session. Rejects with the driver's error or the signal's reason. */
export const connect = async (config: PostgresConfig, signal: AbortSignal): Promise<Client> => {
  let failure: unknown
  for (const ssl of tlsAttempts(config)) {
    try {
      const client = await connectOnce(config, ssl, signal)
      await client.query(session)
      return client
    } catch (error) {
      signal.throwIfAborted()
      // Only a refusal of (or to) encryption is worth the second way; a wrong password is not.
      if (!isTlsRefusal(error)) throw error
      failure ??= error
    }
  }
  throw failure
}

/** Drops the connection, now. The server rolls back what was not committed once it notices. */
export const drop = (client: Client): void => {
  // pg keeps the socket to itself, and its `end` waits for the query in flight.
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
  connection.stream.destroy()
}

type Tls = Exclude<ClientConfig['ssl'], undefined>

const tlsAttempts = ({ tls, host }: PostgresConfig): readonly Tls[] => {
  const certificates = {
    ...(tls.ca ? { ca: tls.ca } : {}),
    ...(tls.certificate ? { cert: tls.certificate } : {}),
    ...(tls.key ? { key: tls.key } : {}),
    ...(tls.keyPassword ? { passphrase: tls.keyPassword } : {}),
  }
  const unverified = { ...certificates, rejectUnauthorized: false }
  switch (tls.mode) {
    case 'disable':
      return [false]
    case 'allow':
      return [false, unverified]
    case 'prefer':
      return [unverified, false]
    case 'require':
      return [unverified]
    case 'verify-ca':
      return [{ ...certificates, rejectUnauthorized: true, checkServerIdentity: () => undefined }]
    case 'verify-full':
      return [{ ...certificates, rejectUnauthorized: true, checkServerIdentity: isFor(host) }]
  }
}

/** Node itself, given a host that is an address, would compare the certificate with the name "localhost". */
const isFor = (host: string) => (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate)

const isTlsRefusal = (error: unknown): boolean => {
  const { code, message } = error as { code?: string; message?: string }
  return (
    /does not support SSL|no pg_hba.conf entry|establishing an SSL connection/.test(message ?? '') || code === '28000'
  )
}

const connectOnce = async (config: PostgresConfig, ssl: Tls, signal: AbortSignal): Promise<Client> => {
  signal.throwIfAborted()
  // Imported on first use: an engine child that writes elsewhere does not pay for it.
  const { default: pg } = await import('pg')
  const { host, port, database, username: user, password } = config
  const client = new pg.Client({
    ...{ host, port, database, user, password, ssl },
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: 'airbyte-ingestion',
  })
  // The query in flight is told too; without a listener the process would end.
  client.on('error', () => {})
  const stop = () => drop(client)
  signal.addEventListener('abort', stop, { once: true })
  try {
    await client.connect()
    return client
  } catch (error) {
    drop(client)
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
