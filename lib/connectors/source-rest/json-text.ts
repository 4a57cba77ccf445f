/** A JSON value whose numbers are kept as they were written, see JSON.rawJSON. */
export type Json = null | boolean | string | RawNumber | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}
/** A number by its source text: no digit is lost. */
export interface RawNumber {
  readonly rawJSON: string
}

interface LosslessJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
  rawJSON(text: string): RawNumber
  isRawJSON(value: unknown): value is RawNumber
}

// In the language (proposal "JSON.parse source text access") and in Node since 22, not in TypeScript's library yet.
const { parse, rawJSON, isRawJSON } = JSON as unknown as LosslessJson

/** As JSON.parse, with numbers by their text; throws SyntaxError, or RangeError when nested too deeply. */
export const parseJson = (text: string): Json =>
  parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined ? rawJSON(source) : value,
  ) as Json

export const isNumber = (value: Json | undefined): value is RawNumber => isRawJSON(value)

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJSON(value)

/** The value at a JSON pointer (RFC 6901) or, without a leading slash, at names joined by dots; '' = the whole. */
export const valueAt = (json: Json, path: string): Json | undefined => {
  const steps = path.startsWith('/')
    ? path
        .slice(1)
        .split('/')
        .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    : path.split('.').filter((step) => step !== '')
  let value: Json | undefined = json
  for (const step of steps) {
    if (Array.isArray(value)) value = /^\d+$/.test(step) ? (value as readonly Json[])[Number(step)] : undefined
    else value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
  }
  return value
}

/** A scalar as plain text, for a parameter of a request; undefined for null, objects and lists. */
export const scalarText = (value: Json | undefined): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  return isNumber(value) ? value.rawJSON : undefined
}
