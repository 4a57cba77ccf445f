import type { Socket } from 'node:net'
import type { Client } from 'pg'
import type { ServerConfig } from './config.ts'
import { isTlsRefusal, type Tls, tlsAttempts } from './tls.ts'

export interface Session {
  /** Settings that it begins with. */
  readonly sql: string
  /** Makes the socket of a connection without TLS, where the driver's own will not do. */
  readonly plainSocket?: () => Socket
}

/** Connects, in the TLS mode of the configuration, and sets the session. Rejects with the driver's error or the signal's reason. */
export const connectSession = async (server: ServerConfig, session: Session, signal: AbortSignal): Promise<Client> => {
  let failure: unknown
  for (const ssl of tlsAttempts(server)) {
    try {
      const client = await connectOnce(server, session, ssl, signal)
      await client.query(session.sql)
      return client
    } catch (error) {
      signal.throwIfAborted()
      if (!isTlsRefusal(error)) throw error
      failure ??= error
    }
  }
  throw failure
}

/** Ends the connection after `work`, which may take as long as the signal allows. */
export const withClient = async <T>(
  client: Client,
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
): Promise<T> => {
  const stop = () => drop(client)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await work(client)
  } finally {
    signal.removeEventListener('abort', stop)
    await client.end()
  }
}

/** pg keeps the socket to itself. */
export const socketOf = (client: Client): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream

/** Drops the connection, now: pg's `end` waits for the query in flight. The server rolls back once it notices. */
export const drop = (client: Client): void => {
  socketOf(client).destroy()
}

const connectOnce = async (server: ServerConfig, session: Session, ssl: Tls, signal: AbortSignal): Promise<Client> => {
  // Imported on first use: an engine child that neither reads nor writes Postgres does not pay for it.
  const { default: pg } = await import('pg')
  const { host, port, database, username: user, password } = server
  const client = new pg.Client({
    ...{ host, port, database, user, password, ssl },
    ...(ssl === false && session.plainSocket ? { stream: session.plainSocket } : {}),
    connectionTimeoutMillis: server.connectTimeoutMs,
    keepAlive: true,
    application_name: 'airbyte-ingestion',
  })
  // The query in flight is told too; without a listener the process would end.
  client.on('error', () => {})
  const stop = () => drop(client)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    await client.connect()
    return client
  } catch (error) {
    drop(client)
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
