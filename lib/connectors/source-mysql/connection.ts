import type { Connection, ConnectionOptions } from 'mysql2'
import type { MysqlConfig, Tls } from './config.ts'
import { mysqlError } from './failure.ts'

const connectTimeoutMs = 10_000
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

/** Ends what `connection` is doing at the server, over a second connection, and drops it. Never throws. */
export const kill = async (connection: Connection, config: MysqlConfig): Promise<void> => {
  const id = connection.threadId
  connection.destroy()
  try {
    const other = await connectEncrypted(config, AbortSignal.timeout(connectTimeoutMs))
    await query(other, `KILL ${Number(id)}`).finally(() => other.destroy())
  } catch {
    // The server notices the lost connection by itself, only later.
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
    ...(ssl ? { ssl } : {}),
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
