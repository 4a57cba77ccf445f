import { IngestionError } from '../../errors.ts'
import { type Failure, failureError, mend, wait } from '../failure.ts'
import { tlsFailure } from '../tls-failure.ts'
import type { MysqlConfig } from './config.ts'

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])

/** Locked, by MySQL and MariaDB; password expired. The driver has no names for errors of MariaDB's own. */
const closedAccounts = new Set([3118, 4151, 1820, 1862])

/** Of a query, whenever it is asked. */
const lasting =
  /^ER_(NO_SUCH_TABLE|BAD_FIELD_ERROR|VIEW_INVALID|PARSE_ERROR|OUT_OF_SORTMEMORY|NET_PACKET_TOO_LARGE|UNKNOWN_SYSTEM_VARIABLE)$/

/** What the user can do about an error of the server or driver. `doing` completes "while …". */
export const mysqlFailure = (error: unknown, config: MysqlConfig, doing: string): Failure => {
  const { code, errno, message } = factsOf(error)
  const where = `${config.host}:${config.port}`
  if (unreachable.has(code)) {
    const pointer = code === 'ECONNREFUSED' ? '/port' : '/host'
    return wait(pointer, `${where} cannot be reached (${code}); check host, port, firewall and that the server runs`)
  }
  switch (code) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR':
      return mend(
        '/password',
        `${where} refused the user "${config.username}"; check username and password, from where that user may connect${config.tls.certificate ? '' : ', and whether it has to give a client certificate'}`,
      )
    case 'ER_DBACCESS_DENIED_ERROR':
      return mend(
        '/database',
        `the user "${config.username}" may not use the database "${config.database}"; GRANT SELECT on it`,
      )
    case 'ER_BAD_DB_ERROR':
      return mend(
        '/database',
        `${where} has no database "${config.database}"; correct the name (it may be case-sensitive)`,
      )
    case 'ER_TABLEACCESS_DENIED_ERROR':
    case 'ER_COLUMNACCESS_DENIED_ERROR':
    case 'ER_SPECIFIC_ACCESS_DENIED_ERROR':
      return mend(
        '/username',
        `the user "${config.username}" lacks a privilege while ${doing}: ${message}; GRANT SELECT`,
      )
    case 'ER_HOST_NOT_PRIVILEGED':
    case 'ER_HOST_IS_BLOCKED':
      return mend('/host', `${where} does not accept connections from this machine; allow it there`)
    case 'AUTH_SWITCH_PLUGIN_ERROR':
    case 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED': {
      const plugin = /unknown plugin (\w+)|mysql_clear_password/.exec(message ?? '')
      const problem = plugin
        ? `wants the user "${config.username}" to log in by ${plugin[1] ?? plugin[0]}, which this source does not do`
        : `did not log in the user "${config.username}" (${message})`
      return mend(
        '/username',
        `${where} ${problem}; use mysql_native_password, caching_sha2_password or sha256_password`,
      )
    }
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return mend(
        '/ssl_mode',
        `${where} offers no encryption, and ssl_mode is "${config.tls.mode}"; use "preferred" or enable TLS there`,
      )
    case 'ER_LOCK_WAIT_TIMEOUT':
      return wait('', `${where}: a table was locked for more than 60 s while ${doing} (${message}); try later`)
    case 'ER_SECURE_TRANSPORT_REQUIRED':
      return mend('/ssl_mode', `${where} accepts encrypted connections only; use ssl_mode "required"`)
  }
  if (closedAccounts.has(errno)) {
    return mend(
      '/username',
      `${where} keeps the user "${config.username}" out (${message}); unlock or renew the account`,
    )
  }
  const { host, tls } = config
  const server = { address: where, host, mode: tls.mode, unverified: 'required', anyHost: 'verify_ca' }
  const tlsFault = tlsFailure(error, server)
  if (tlsFault) return tlsFault
  if (lasting.test(code)) {
    return mend('', `${where} refused while ${doing}: ${message}`)
  }
  if (message?.endsWith('connection is in closed state')) {
    return wait('', `${where} had closed the connection before ${doing}; see the server's log`)
  }
  return wait('', `${where} failed while ${doing}: ${code}${message ? ` (${message})` : ''}`)
}

/** The same as an error to throw. What is an IngestionError or an abort already stays as it is. */
export const mysqlError = (error: unknown, config: MysqlConfig, doing: string): unknown => {
  if (error instanceof IngestionError || (error as Error | undefined)?.name === 'AbortError') return error
  return failureError('MySQL', mysqlFailure(error, config, doing), error)
}

const factsOf = (error: unknown) => {
  const facts = error as
    | { code?: string; errno?: number; name?: string; message?: string; sqlMessage?: string }
    | undefined
  return {
    code: facts?.code ?? facts?.name ?? 'Error',
    errno: facts?.errno ?? 0,
    message: (facts?.sqlMessage ?? facts?.message)?.slice(0, 300),
  }
}
