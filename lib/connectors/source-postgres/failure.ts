import { IngestionError } from '../../errors.ts'
import { type Failure, failureError, mend } from '../failure.ts'
import { serverFailure } from '../postgres/failure.ts'
import type { PostgresConfig } from './config.ts'

/** What the user can do about an error of the driver or the server. */
export const postgresFailure = (error: unknown, config: PostgresConfig): Failure => {
  const { code, message = 'unknown error' } = (error ?? {}) as { code?: string; message?: string }
  switch (code) {
    case '42501':
      return mend('/username', `username is "${config.username}": ${message}; grant CONNECT, USAGE and SELECT`)
    case '42P01':
    case '42703':
      return mend('/schemas', `${message}; refresh the schema of the connection`)
    case '22021':
    case '22P05':
      return mend(
        '',
        `database is "${config.database}": it has text that is not in the encoding of the database (${message}); correct it, leave the column out, or read a view that has it as bytea`,
      )
  }
  return serverFailure(error, config)
}

/** The same as an error to throw. `doing` completes "while …". */
export const postgresError = (error: unknown, config: PostgresConfig, doing: string): IngestionError =>
  error instanceof IngestionError ? error : failureError(`Postgres, ${doing}`, postgresFailure(error, config), error)
