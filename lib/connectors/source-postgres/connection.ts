import { connect as connectSocket } from 'node:net'
import type { Client, ClientConfig } from 'pg'
import type { PostgresConfig, TlsConfig } from './config.ts'
import { readingSocket } from './reading-socket.ts'

/** Values are read as text in one fixed style; a server's own limits must not end a long read that the user asked for. */
const session = `
  SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '60s';
  SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET extra_float_digits = 1;
  SET bytea_output = 'hex'; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on`

/** Connects, in the TLS mode of the configuration, and sets the session. Rejects with the driver's error or the signal's reason. */
export const connect = async (config: PostgresConfig, signal: AbortSignal): Promise<Client> => {
  let failure: unknown
  for (const ssl of tlsAttempts(config.tls)) {
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

type Tls = Exclude<ClientConfig['ssl'], undefined>

const tlsAttempts = (tls: TlsConfig): readonly Tls[] => {
  const verified = {
    rejectUnauthorized: true,
    ...(tls.ca ? { ca: tls.ca } : {}),
    ...(tls.certificate ? { cert: tls.certificate } : {}),
    ...(tls.key ? { key: tls.key } : {}),
    ...(tls.keyPassword ? { passphrase: tls.keyPassword } : {}),
  }
  const unverified = { rejectUnauthorized: false }
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
      return [{ ...verified, checkServerIdentity: () => undefined }]
    case 'verify-full':
      return [verified]
  }
}

const isTlsRefusal = (error: unknown): boolean => {
  const { code, message } = error as { code?: string; message?: string }
  return (
    /does not support SSL|no pg_hba.conf entry|establishing an SSL connection/.test(message ?? '') || code === '28000'
  )
}

const connectOnce = async (config: PostgresConfig, ssl: Tls, signal: AbortSignal): Promise<Client> => {
  const { default: pg } = await import('pg')
  const client = new pg.Client({
    host: config.host,
    port: config.port,
    database: config.database,
    user: config.username,
    password: config.password,
    ssl,
    // TLS needs a socket that gives its chunks away.
    ...(ssl === false ? { stream: readingSocket } : {}),
    connectionTimeoutMillis: config.connectTimeoutMs,
    keepAlive: true,
    application_name: 'airbyte-ingestion',
  })
  // The query in flight is told too; without a listener the process would end.
  client.on('error', () => {})
  const stop = () => socketOf(client).destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    await client.connect()
    return client
  } catch (error) {
    socketOf(client).destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** What pg keeps of a connection and its types do not name. */
interface ClientInternals {
  readonly connection: { readonly stream: NodeJS.ReadWriteStream & { destroy(): void } }
  readonly processID: number | null
  readonly secretKey: number | null
}

const internals = (client: Client): ClientInternals => client as unknown as ClientInternals

export const socketOf = (client: Client) => internals(client).connection.stream

/**
 * Ends whatever the client is doing, now: asks the server to cancel its query (a separate connection, PostgreSQL
 * protocol, CancelRequest) and drops the connection. The server would else notice only at its next write.
 */
export const kill = (client: Client, config: PostgresConfig): void => {
  const { processID, secretKey } = internals(client)
  socketOf(client).destroy()
  if (processID === null || secretKey === null) return
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(80877102, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey, 12)
  const socket = connectSocket(config.port, config.host, () => socket.end(request))
  socket.setTimeout(2_000, () => socket.destroy())
  socket.on('error', () => {})
  socket.unref()
}
