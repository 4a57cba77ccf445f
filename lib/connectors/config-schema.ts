import type * as z from 'zod'
import { IngestionError } from '../errors.ts'

/** Parses a connector's configuration; throws connector_config with one fault, and its pointer, for everything wrong. */
export const parseWith = <Output>(schema: z.ZodType<Output>, json: unknown, what: string): Output => {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map((issue) => ({
    pointer: issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    message: `${String(issue.path.at(-1) ?? 'the configuration')} ${issue.message}`,
  }))
  const message = `The ${what} is not configured correctly: ${errors.map((fault) => fault.message).join('; ')}`
  throw new IngestionError('connector_config', message, { errors })
}
