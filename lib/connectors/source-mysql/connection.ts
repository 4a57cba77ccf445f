import type { Socket } from 'node:net'
import type { Connection, ConnectionOptions } from 'mysql2'
import { readingSocket } from '../reading-socket.ts'
import type { MysqlConfig, Tls } from './config.ts'
import { mysqlError } from './failure.ts'

const connectTimeoutMs = 10_000
const interruptMs = 1_000
/** The server waits this long for a reader that is held up by its destination. */
const networkTimeoutSeconds = 3_600

/**
 * A connection whose session gives values that do not depend on the server's settings: UTF-8, UTC, no SQL mode.
 * The caller destroys or ends it. Fails with an IngestionError.
 */
export const connect = async (config: MysqlConfig, signal: AbortSignal): Promise<Connection> => {
  signal.throwIfAborted()
  try {
    return await withSession(await connectEncrypted(config, signal))
  } catch (error) {
    signal.throwIfAborted()
    throw mysqlError(error, config, 'connecting')
  }
}

/** Rows as objects; wide numbers and dates as text. */
export const query = async (
  connection: Connection,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Readonly<Record<string, string | number | null>>[]> => {
  const [rows] = await connection.promise().query({ sql, values: [...values] })
  return Array.isArray(rows) ? (rows as Record<string, string | number | null>[]) : []
}

/**
 * Ends what the server does for `connection`, which can go on afterwards in its transaction. `ended` settles when the
 * connection is free; a server that takes longer than a second loses it. Never throws.
 */
export const interrupt = async (
  connection: Connection,
  config: MysqlConfig,
  ended: Promise<unknown>,
): Promise<void> => {
  const asked = tell(config, `KILL QUERY ${Number(connection.threadId)}`)
  const idle = Promise.allSettled([asked, ended])
    // Where the query had ended by itself, some servers end the next one instead.
    .then(() => query(connection, 'DO 0'))
    .then(() => true)
    .catch((error: unknown) => (error as { code?: string }).code === 'ER_QUERY_INTERRUPTED')
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, interruptMs, false).unref())
  if (!(await Promise.race([idle, late]))) await kill(connection, config)
}

/** `work` on `connection`, interrupted when the signal aborts; rejects with its reason then. */
export const interruptible = async <T>(
  connection: Connection,
  config: MysqlConfig,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted()
  const working = work()
  const { promise: freed, resolve } = Promise.withResolvers<void>()
  const stop = () => resolve(interrupt(connection, config, working))
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([working, freed.then(() => Promise.reject(signal.reason))])
  } finally {
    signal.removeEventListener('abort', stop)
    if (signal.aborted) {
      await freed
      signal.throwIfAborted()
    }
  }
}

/** Ends the connection and what the server does for it. Never throws. */
export const kill = async (connection: Connection, config: MysqlConfig): Promise<void> => {
  drop(connection)
  // Left alone, the server notices the lost connection by itself, only later.
  await tell(config, `KILL ${Number(connection.threadId)}`)
}

/** Drops the connection, now: the driver's own end waits for the server. */
export const drop = (connection: Connection): void => {
  connection.destroy()
  ;(connection as unknown as { stream: Socket }).stream.destroy()
}

/** Runs a statement in a connection of its own. Never throws. */
const tell = async (config: MysqlConfig, sql: string): Promise<void> => {
  try {
    const other = await connectEncrypted(config, AbortSignal.timeout(interruptMs))
    await query(other, sql).finally(() => drop(other))
  } catch {
    // Nobody listens there any more, or what was to be ended has ended.
  }
}

const connectEncrypted = async (config: MysqlConfig, signal: AbortSignal): Promise<Connection> => {
  try {
    return await connectOnce(config, tlsOptions(config.tls), signal)
  } catch (error) {
    const isPlainServer = (error as { code?: string }).code === 'HANDSHAKE_NO_SSL_SUPPORT'
    if (config.tls.mode !== 'preferred' || !isPlainServer) throw error
    return await connectOnce(config, undefined, signal)
  }
}

const connectOnce = async (
  config: MysqlConfig,
  ssl: ConnectionOptions['ssl'] | undefined,
  signal: AbortSignal,
): Promise<Connection> => {
  // Imported on first use: an engine child that reads another database does not pay for it.
  const { createConnection } = await import('mysql2')
  const { host, port, database, username: user, password } = config
  const connection = createConnection({
    ...{ host, port, database, user, password, connectTimeout: connectTimeoutMs },
    charset: 'utf8mb4',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    // The driver makes its own socket for TLS, which gives its chunks away.
    ...(ssl ? { ssl } : { stream: () => readingSocket().connect(port, host).setNoDelay(true).setKeepAlive(true) }),
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  // A connection that breaks while nothing is asked of it must not end the process; the next query tells.
  connection.on('error', () => undefined)
  connection.connect((error) => (error ? reject(error) : resolve()))
  try {
    await promise
    return connection
  } catch (error) {
    connection.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

const withSession = async (connection: Connection): Promise<Connection> => {
  try {
    const [server] = await query(connection, 'SELECT VERSION() AS version')
    const isMariaDb = /mariadb/i.test(String(server?.version))
    const noTimeLimit = isMariaDb ? 'max_statement_time = 0' : 'max_execution_time = 0'
    await query(
      connection,
      `SET SESSION time_zone = '+00:00', sql_mode = '', ${noTimeLimit}, net_write_timeout = ${networkTimeoutSeconds}`,
    )
    return connection
  } catch (error) {
    connection.destroy()
    throw error
  }
}

const tlsOptions = (tls: Tls): NonNullable<ConnectionOptions['ssl']> => ({
  rejectUnauthorized: tls.mode.startsWith('verify_'),
  // The driver compares host name and certificate only when told to.
  verifyIdentity: tls.mode === 'verify_identity',
  ...(tls.ca ? { ca: tls.ca } : {}),
  ...(tls.certificate ? { cert: tls.certificate } : {}),
  ...(tls.key ? { key: tls.key } : {}),
  ...(tls.keyPassword ? { passphrase: tls.keyPassword } : {}),
})
