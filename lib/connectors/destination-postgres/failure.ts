import { type Fault, IngestionError } from '../../errors.ts'
import type { PostgresConfig } from './config.ts'

interface PostgresFailure {
  readonly fault: Fault
  readonly transient: boolean
}

/** What the user can do about an error of the driver or the server. */
export const postgresFailure = (error: unknown, config: PostgresConfig): PostgresFailure => {
  const {
    code = '',
    message = 'unknown error',
    detail,
  } = (error ?? {}) as Record<'code' | 'message' | 'detail', string | undefined>
  const address = `${config.host}:${config.port}`
  const mend = (pointer: string, text: string): PostgresFailure => ({
    fault: { pointer, message: text },
    transient: false,
  })
  const wait = (pointer: string, text: string): PostgresFailure => ({
    fault: { pointer, message: text },
    transient: true,
  })
  switch (code) {
    case '28P01':
      return mend(
        '/password',
        `password: ${address} refused it for user "${config.username}"; correct user or password`,
      )
    case '28000':
      return mend(
        /no encryption|SSL/.test(message) ? '/ssl_mode' : '/username',
        `username is "${config.username}", ssl_mode is "${config.tls.mode}": ${address} does not let them in (${message}); create the role or allow it in pg_hba.conf`,
      )
    case '3D000':
      return mend('/database', `database is "${config.database}": no such database on ${address}; correct the name`)
    case '42501':
      return mend(
        '/username',
        `username is "${config.username}": ${message}; grant it CREATE and USAGE on the schema, and its tables`,
      )
    case '2BP01':
      return mend(
        '/drop_cascade',
        `${message} (${detail ?? ''}); drop what depends on it, set drop_cascade, or use append`,
      )
    case '53100':
      return wait('', `${address} has no space left on its disk; make room`)
    case '53300':
      return wait('', `${address} has too many connections; raise max_connections or try later`)
    case '55P03':
      return wait('', `${address}: a table was locked for more than 60 s (${message}); try later`)
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return wait('/host', `host is "${config.host}": the name cannot be resolved (${code}); correct it`)
    case 'ECONNREFUSED':
      return wait(
        '/port',
        `host is "${config.host}", port is ${config.port}: nothing listens there (${code}); correct them or start the server`,
      )
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return wait(
        '/host',
        `host is "${config.host}": ${address} cannot be reached (${code}); check address, network and firewall`,
      )
  }
  if (/timeout expired|Connection terminated due to connection timeout/.test(message)) {
    return wait(
      '/host',
      `host is "${config.host}": ${address} did not answer in time; check address, network and firewall`,
    )
  }
  if (/does not support SSL/.test(message)) {
    return mend(
      '/ssl_mode',
      `ssl_mode is "${config.tls.mode}": ${address} does not offer TLS; use prefer or disable, or switch TLS on there`,
    )
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_SSL|ERR_TLS|ERR_OSSL/.test(code)) {
    return mend(
      '/ssl_mode',
      `ssl_mode is "${config.tls.mode}": the TLS handshake with ${address} failed (${code}); check the certificates`,
    )
  }
  // Classes 08 connection, 25 and 40 transaction, 53 resources, 57 operator, 58 system; no SQLSTATE = the connection broke.
  const transient = !/^(?!08|25|40|53|57|58)[0-9A-Z]{5}$/.test(code)
  return { fault: { pointer: '', message: `${address}: ${message}${code ? ` (${code})` : ''}` }, transient }
}

/** The same as an error to throw. `doing` completes "while …". What is an IngestionError already stays as it is. */
export const postgresError = (error: unknown, config: PostgresConfig, doing: string): IngestionError => {
  if (error instanceof IngestionError) return error
  const { fault, transient } = postgresFailure(error, config)
  return new IngestionError(
    transient ? 'connector_transient' : 'connector_config',
    `Postgres, ${doing}: ${fault.message}`,
    {
      cause: error,
      errors: fault.pointer ? [fault] : [],
    },
  )
}
