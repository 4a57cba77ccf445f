import { Logger } from '@aws-lambda-powertools/logger'
import { IngestionError } from './errors.ts'

/** Ids, counts and durations only: bodies, headers and configurations hold passwords. */
export const log = new Logger({ serviceName: 'airbyte-ingestion' })

/** What the log may know of an error. A SyntaxError quotes its input, so its message is left out. */
export const loggable = (error: unknown): Record<string, unknown> => {
  if (error instanceof IngestionError)
    return { code: error.code, ...(error.cause === undefined ? {} : { cause: loggable(error.cause) }) }
  if (error instanceof Error)
    return {
      name: error.name,
      ...(error instanceof SyntaxError ? {} : { message: error.message }),
      at: error.stack
        ?.split('\n')
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 8),
    }
  // Facts of a failed call to Airbyte: path, address, kind, status.
  return typeof error === 'object' && error !== null && 'upstream' in error ? { ...error } : { name: typeof error }
}
