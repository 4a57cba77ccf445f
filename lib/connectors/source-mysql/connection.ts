import type { Socket } from 'node:net'
import type { Connection, ConnectionOptions } from 'mysql2'
import { readingSocket } from '../reading-socket.ts'
import type { MysqlConfig, Tls } from './config.ts'
import { mysqlError } from './failure.ts'

const connectTimeoutMs = 10_000
const interruptMs = 1_000
const keepAliveMs = 60_000
/** The server waits this long for a reader that is held up by its destination. */
const networkTimeoutSeconds = 3_600
/** And this long for the next question, while a destination finishes a stream: what servers wait by default. */
const idleTimeoutSeconds = 28_800
/** A table that another session alters or locks is waited for this long: servers wait a day, or a year. */
const lockTimeoutSeconds = 60

/**
 * A connection whose session gives rows and values that do not depend on the server's settings: UTF-8, UTC, no SQL mode,
 * all rows. The caller drops it. Fails with an IngestionError.
 */
export const connect = async (config: MysqlConfig, signal: AbortSignal): Promise<Connection> => {
  signal.throwIfAborted()
  try {
    const connection = await connectEncrypted(config, signal)
    return await orDrop(connection, signal, () => withSession(connection))
  } catch (error) {
    signal.throwIfAborted()
    throw mysqlError(error, config, 'connecting')
  }
}

/** `work` on a connection of its own, which is dropped afterwards; rejects with the signal's reason when it aborts. */
export const withConnection = async <T>(
  config: MysqlConfig,
  signal: AbortSignal,
  work: (connection: Connection) => Promise<T>,
): Promise<T> => {
  const connection = await connect(config, signal)
  try {
    return await orDrop(connection, signal, () => work(connection))
  } finally {
    drop(connection)
  }
}

/** `work`; when it fails or the signal aborts, the connection is dropped, and nobody waits for the server. */
export const orDrop = async <T>(connection: Connection, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
  // The driver forgets a query whose connection was closed on this side.
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([work(), aborted])
  } catch (error) {
    drop(connection)
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
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
  const asked = tell(connection, config, 'KILL QUERY')
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
  await tell(connection, config, 'KILL')
}

/** Drops the connection, now: the driver's own end waits for the server. */
export const drop = (connection: Connection): void => {
  connection.destroy()
  ;(connection as unknown as { stream: Socket }).stream.destroy()
}

/** Kills what `connection` does, or is, from another one. Never throws. */
const tell = async (connection: Connection, config: MysqlConfig, kill: 'KILL' | 'KILL QUERY'): Promise<void> => {
  try {
    const signal = AbortSignal.timeout(interruptMs)
    const other = await connectEncrypted(config, signal)
    await orDrop(other, signal, async () => {
      // Behind one address may be several servers, whose threads have the same numbers.
      if ((await serverOf(other)).name !== serverNames.get(connection)) return
      await query(other, `${kill} ${Number(connection.threadId)}`)
    }).finally(() => drop(other))
  } catch {
    // Nobody listens there any more, or what was to be ended has ended.
  }
}

const serverNames = new WeakMap<Connection, string>()

const serverOf = async (connection: Connection): Promise<{ name: string; isMariaDb: boolean }> => {
  const [row] = await query(connection, "SELECT VERSION() AS version, CONCAT(@@hostname, ':', @@port) AS name")
  return { name: String(row?.name), isMariaDb: /mariadb/i.test(String(row?.version)) }
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
  signal.throwIfAborted()
  const { host, port, database, username: user, password } = config
  const connection = createConnection({
    ...{ host, port, database, user, password, connectTimeout: connectTimeoutMs },
    charset: 'utf8mb4',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    // The driver makes its own socket for TLS, which gives its chunks away.
    keepAliveInitialDelay: keepAliveMs,
    ...(ssl
      ? { ssl }
      : { stream: () => readingSocket().connect(port, host).setNoDelay(true).setKeepAlive(true, keepAliveMs) }),
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
    drop(connection)
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

const withSession = async (connection: Connection): Promise<Connection> => {
  const { name, isMariaDb } = await serverOf(connection)
  serverNames.set(connection, name)
  const limits = isMariaDb
    ? 'max_statement_time = 0, idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0'
    : 'max_execution_time = 0'
  // What the handshake asks for, a server may ignore (character-set-client-handshake) or replace (init_connect).
  await query(
    connection,
    `SET NAMES utf8mb4, SESSION time_zone = '+00:00', sql_mode = '', sql_select_limit = 18446744073709551615,
       sql_big_selects = 1, net_write_timeout = ${networkTimeoutSeconds}, wait_timeout = ${idleTimeoutSeconds},
       lock_wait_timeout = ${lockTimeoutSeconds}, ${limits}`,
  )
  return connection
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
