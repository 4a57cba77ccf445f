import type { z } from 'zod'
import { IngestionError } from '../../errors.ts'
import type { Services } from '../services.ts'

/** One operation of the Config API. `run` answers the body; undefined answers 204. */
export interface Operation {
  readonly method: 'GET' | 'POST'
  run(body: unknown, services: Services): unknown
}

/** An operation that takes a body. What does not fit the schema is answered 422 and named. */
export const post = <Schema extends z.ZodType>(
  schema: Schema,
  run: (input: z.output<Schema>, services: Services) => unknown,
): Operation => ({
  method: 'POST',
  run: (body, services) => {
    const parsed = schema.safeParse(body ?? {})
    if (parsed.success) return run(parsed.data, services)
    const errors = parsed.error.issues.map(({ path, message }) => ({ pointer: `/${path.join('/')}`, message }))
    const text = errors.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ')
    throw new IngestionError('invalid_input', `Invalid json input. ${text}`, { errors })
  },
})

export const get = (run: (services: Services) => unknown): Operation => ({
  method: 'GET',
  run: (_body, services) => run(services),
})
