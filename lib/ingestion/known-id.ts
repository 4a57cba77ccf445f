import { upstreamFailure } from '../airbyte/upstream-error.ts'
import { IngestionError } from '../errors.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Airbyte answers ids that are not UUIDs in as many ways as it has generations; for a caller they name nothing. */
export const uuidAt = (value: string, pointer: string, what: string): string => {
  if (!uuid.test(value)) throw unknownId(value, pointer, what)
  return value.toLowerCase()
}

export const jobIdAt = (value: string, pointer: string): number => {
  const id = Number(value)
  if (!/^\d{1,16}$/.test(value) || !Number.isSafeInteger(id))
    throw new IngestionError(
      'job_not_found',
      `There is no job ${JSON.stringify(value.slice(0, 40))}: job ids are numbers.`,
      {
        errors: [{ pointer, message: 'names no job' }],
      },
    )
  return id
}

/**
 * Runs a look-up by id; Airbyte's "not found" becomes one that says which part of the request named it. So does a 403 to
 * a read: with roles by workspace, Airbyte cannot tell which workspace an unknown id belongs to.
 */
export const found = async <Answer>(
  lookUp: Promise<Answer>,
  id: string,
  pointer: string,
  what: string,
): Promise<Answer> => {
  try {
    return await lookUp
  } catch (error) {
    if (!(error instanceof IngestionError)) throw error
    if (error.code === 'not_found') throw unknownId(id, pointer, what, error.cause)
    const failure = upstreamFailure(error)
    if (failure?.status === 403 && /\/get$|^\/jobs\/list$/.test(failure.path))
      throw new IngestionError(
        'not_found',
        `There is no ${what} ${JSON.stringify(id.slice(0, 80))}, or Airbyte does not let this service see it (403).`,
        { errors: [{ pointer, message: `names no ${what} that this service may see` }], cause: error.cause },
      )
    throw error
  }
}

/** Of work by id that a role forbids: that is told of an id that `lookUp` finds; of others, that they name nothing. */
export const unlessUnknown = (lookUp: () => Promise<unknown>) => {
  return async (error: unknown): Promise<never> => {
    if (upstreamFailure(error)?.status === 403) await lookUp()
    throw error
  }
}

/** Of a deletion that may be asked twice: what is not there any more is as good as deleted. */
export const unlessGone = (error: unknown): void => {
  if (!(error instanceof IngestionError && error.code === 'not_found')) throw error
}

const unknownId = (value: string, pointer: string, what: string, cause?: unknown) =>
  new IngestionError('not_found', `There is no ${what} ${JSON.stringify(value.slice(0, 80))}.`, {
    errors: [{ pointer, message: `names no ${what}` }],
    cause,
  })
