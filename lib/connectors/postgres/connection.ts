import { connect as connectSocket, type Socket } from 'node:net'
import type { Client } from 'pg'
import type { ServerConfig } from './config.ts'
import { isTlsRefusal, type Tls, tlsAttempts } from './tls.ts'

export interface Session {
  /** What it begins with. */
  readonly sql: string
  /** Makes the socket of a connection without TLS, where the driver's own will not do. */
  readonly plainSocket?: () => Socket
}

/** Connects, in the TLS mode of the configuration, and begins the session. Rejects with the driver's error or the signal's reason. */
export const connectSession = async (server: ServerConfig, session: Session, signal: AbortSignal): Promise<Client> => {
  let failure: unknown
  for (const ssl of tlsAttempts(server)) {
    try {
      return await connectOnce(server, session, ssl, signal)
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

/**
 * Ends whatever the client is doing, now: asks the server to cancel its query (a separate connection, PostgreSQL
 * protocol, CancelRequest) and drops the connection. The server would else notice only at its next write.
 */
export const kill = (client: Client, { host, port }: ServerConfig): void => {
  const { processID, secretKey } = client as unknown as ClientInternals
  drop(client)
  if (processID === null || secretKey === null) return
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(80877102, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey, 12)
  const socket = connectSocket(port, host, () => socket.end(request))
  socket.setTimeout(2_000, () => socket.destroy())
  socket.on('error', () => {})
  socket.unref()
}

const closeMs = 1_000

/** Ends the connection. The server is told when it listens; one in the middle of a COPY, or out of reach, is dropped. */
export const close = async (client: Client, server: ServerConfig): Promise<void> => {
  const ended = client.end().then(() => true)
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, closeMs, false).unref())
  if (!(await Promise.race([ended, late]).catch(() => true))) kill(client, server)
}

/** What pg keeps of a connection and its types do not name. */
interface ClientInternals {
  readonly processID: number | null
  readonly secretKey: number | null
}

/** Why connections ended while nothing was asked of them. */
const endings = new WeakMap<Client, unknown>()

/** The error itself, or why the connection ended before: the driver then only says that it cannot be asked any more. */
export const reasonOf = (client: Client, error: unknown): unknown =>
  (error as { code?: string }).code ? error : (endings.get(client) ?? error)

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
  // Without a listener the process would end. The first reason is the server's own.
  client.on('error', (error) => {
    if (!endings.has(client)) endings.set(client, error)
  })
  const stop = () => drop(client)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    await client.connect()
    await client.query(session.sql)
    return client
  } catch (error) {
    drop(client)
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
