import * as z from 'zod'

/** The Config API takes null and absence as the same, and enums in any case. */
export const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => value ?? undefined, schema.optional())

export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(values))

/** An id; Airbyte's are UUIDs, compared without regard to case. */
export const id = z.guid().toLowerCase()

export const jsonObject = z.record(z.string(), z.unknown())

export const epochSeconds = (date: Date): number => Math.floor(date.getTime() / 1000)

/** Without the members that are undefined: the Config API never answers null. */
export const present = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
