import { type Failure, mend, wait } from '../failure.ts'
import { tlsFailure } from '../tls-failure.ts'
import type { ServerConfig } from './config.ts'

interface PossibleError {
  readonly code?: string
  readonly message?: string
  /** The server's own advice. */
  readonly hint?: string
}

/** What the user can do about an error of the driver or the server, whatever was being done there. */
export const serverFailure = (error: unknown, server: ServerConfig): Failure => {
  const { code = '', message = 'unknown error', hint } = (error ?? {}) as PossibleError
  const { host, port, database, username, tls } = server
  const address = `${host}:${port}`
  switch (code) {
    case '28P01':
      return mend('/password', `${address} refused the password of user "${username}"; correct user or password`)
    case '28000':
      if (/client certificate|certificate authentication/.test(message))
        return mend(
          '/ssl_mode/client_certificate',
          `ssl_mode is "${tls.mode}", username is "${username}": ${address} wants a client certificate of that user (${message}); give client_certificate and client_key`,
        )
      return mend(
        /no encryption|SSL/.test(message) ? '/ssl_mode' : '/username',
        `username is "${username}", ssl_mode is "${tls.mode}": ${address} does not let them in (${message}); create the role or allow it in pg_hba.conf`,
      )
    case '3D000':
      return mend('/database', `database is "${database}": no such database on ${address}; correct the name`)
    case '53300':
      return wait('', `${address} has too many connections; raise max_connections or try later`)
    case '55P03':
      return wait('', `${address}: a table was locked for more than 60 s (${message}); try later`)
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return wait('/host', `host is "${host}": the name cannot be resolved (${code}); correct it`)
    case 'ECONNREFUSED':
      return wait(
        '/port',
        `host is "${host}", port is ${port}: nothing listens there (${code}); correct them or start the server`,
      )
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return wait(
        '/host',
        `host is "${host}": ${address} cannot be reached (${code}); check address, network and firewall`,
      )
  }
  // The driver's own words, before it asks the server.
  if (/client password must be/.test(message))
    return mend('/password', `is missing: ${address} asks user "${username}" for one; give it`)
  if (/timeout expired|Connection terminated due to connection timeout/.test(message)) {
    return wait(
      '/host',
      `host is "${host}": ${address} did not answer within ${server.connectTimeoutMs} ms; check address, network and firewall`,
    )
  }
  if (/does not support SSL/.test(message)) {
    return mend(
      '/ssl_mode',
      `ssl_mode is "${tls.mode}": ${address} does not offer TLS; use prefer or disable, or switch TLS on there`,
    )
  }
  const tlsFault = tlsFailure(error, { address, host, mode: tls.mode, unverified: 'require', anyHost: 'verify-ca' })
  if (tlsFault) return tlsFault
  // Classes 08 connection, 40 rollback, 53 resources, 57 operator, 58 system, 72 snapshot; no SQLSTATE = the connection broke.
  const lasts = /^(?!08|40|53|57|58|72)[0-9A-Z]{5}$/.test(code)
  return (lasts ? mend : wait)('', `${address}: ${message}${code ? ` (${code})` : ''}${hint ? `; ${hint}` : ''}`)
}
