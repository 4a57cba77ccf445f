import { IngestionError } from '../../errors.ts'
import type { FailureOrigin } from '../job.ts'

/** Awaits `work`; what it throws says from then on which side of the sync it came from. The innermost word counts. */
export const blame = async <T>(origin: FailureOrigin, work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    throw blamed(origin, error)
  }
}

/** What went wrong first: failed disposals, one or several, hide what made them necessary. */
export const rootOf = (thrown: unknown): unknown =>
  thrown instanceof SuppressedError ? rootOf(thrown.suppressed) : thrown

/** Which side an error came from; the sync process itself when nobody was blamed. */
export const originOf = (error: unknown): FailureOrigin => {
  const origin = error instanceof IngestionError ? error.details.origin : undefined
  return origin === 'source' || origin === 'destination' ? origin : 'replication'
}

const blamed = (origin: FailureOrigin, error: unknown): IngestionError => {
  if (!(error instanceof IngestionError))
    return new IngestionError('internal', `The ${origin} failed`, { cause: error, details: { origin } })
  if (error.details.origin !== undefined) return error
  const { code, message, errors, details } = error
  return new IngestionError(code, message, { cause: error, errors, details: { ...details, origin } })
}
