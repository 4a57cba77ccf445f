import { IngestionError } from '../../errors.ts'
import { type Failure, failureError, mend, wait } from '../failure.ts'
import { serverFailure } from '../postgres/failure.ts'
import type { PostgresConfig } from './config.ts'

/** What the user can do about an error of the driver or the server. */
export const postgresFailure = (error: unknown, config: PostgresConfig): Failure => {
  const {
    code = '',
    message = 'unknown error',
    detail = '',
    where = '',
  } = (error ?? {}) as { code?: string; message?: string; detail?: string; where?: string }
  switch (code) {
    case '42501':
      return mend(
        '/username',
        `username is "${config.username}": ${message}; grant it CREATE and USAGE on the schema, and its tables`,
      )
    case '2BP01':
      return mend('/drop_cascade', `${message} (${detail}); drop what depends on it, set drop_cascade, or use append`)
    case '22P05':
      return mend(
        '/database',
        `database is "${config.database}": ${message} (${where}); use a database of encoding UTF8`,
      )
    case '23502':
    case '23503':
    case '23505':
    case '23514':
    case '23P01':
      return mend('', `${message} (${code}); drop the constraint that the table has, or leave such rows or columns out`)
    case '53100':
      return wait('', `${config.host}:${config.port} has no space left on its disk; make room`)
  }
  const failure = serverFailure(error, config)
  // Class 25: the transaction did not survive something; the next attempt has its own.
  return /^25[0-9A-Z]{3}$/.test(code) ? { ...failure, transient: true } : failure
}

/** The same as an error to throw. `doing` completes "while …". What is an IngestionError already stays as it is. */
export const postgresError = (error: unknown, config: PostgresConfig, doing: string): IngestionError =>
  error instanceof IngestionError ? error : failureError(`Postgres, ${doing}`, postgresFailure(error, config), error)
