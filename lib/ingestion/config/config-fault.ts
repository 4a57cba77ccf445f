import { upstreamFailure } from '../../airbyte/upstream-error.ts'
import { IngestionError } from '../../errors.ts'

/** Airbyte's refusal of a configuration, as a fault at it; any other error as it is. */
export const atConfig = (error: unknown): unknown => {
  const status = upstreamFailure(error)?.status
  return error instanceof IngestionError && (status === 422 || status === 400)
    ? new IngestionError('invalid_input', error.message, {
        errors: [{ pointer: '/config', message: error.message }],
        cause: error.cause,
      })
    : error
}
