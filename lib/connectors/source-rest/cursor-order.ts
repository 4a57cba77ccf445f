import { IngestionError } from '../../errors.ts'
import type { Incremental, ParameterFormat } from './config.ts'
import { type Decimal, parseDecimal } from './decimal.ts'

/** Numbers by value, moments by time, all else by its characters. Negative, 0 or positive. */
export const compareCursors = (a: string, b: string): number => {
  if (a === b) return 0
  const [{ decimal: decimalA, moment: momentA }, { decimal: decimalB, moment: momentB }] = [parsed(a), parsed(b)]
  if (decimalA && decimalB) {
    const scale = Math.max(decimalA.scale, decimalB.scale)
    const whole = ({ unscaled, scale: own }: Decimal) => unscaled * 10n ** BigInt(scale - own)
    return sign(whole(decimalA), whole(decimalB))
  }
  if (momentA && momentB) return sign(momentA.ms, momentB.ms) || sign(momentA.fraction, momentB.fraction)
  for (const text of [a, b]) if (withoutOrder.some((form) => form.test(text))) throw unordered(text)
  return sign(a, b)
}

interface Parsed {
  readonly decimal: Decimal | undefined
  readonly moment: Moment | undefined
}

/** Each cursor is compared twice, with values that rarely change. */
const recent = new Map<string, Parsed>()
const mostRecent = 16

const parsed = (text: string): Parsed => {
  const known = recent.get(text)
  if (known) return known
  if (recent.size >= mostRecent) recent.clear()
  const one = { decimal: parseDecimal(text), moment: momentOf(text) }
  recent.set(text, one)
  return one
}

interface Moment {
  /** Since 1970, down to the second. */
  readonly ms: number
  /** Digits of the second, without zeros at their end. */
  readonly fraction: string
}

const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s?(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/
const internet = /^[A-Z][a-z]{2}, \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (GMT|UTC|[+-]\d{4})$/
/** Dates whose characters say nothing about their order. */
const withoutOrder = [
  // 01/02/2024, which means two days.
  /^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b/,
  // 2024-1-31, 2024/01/5
  /^\d{4}([./-])(\d\1|\d\d\1\d(\D|$))/,
  // Jan 31, 2024; 31-JAN-24; Wed Jan 31 10:00:00 +0000 2024
  /^(?=.*\d)(.*[\s\d,-])?(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sep(t|tember)?|oct(ober)?|nov(ember)?|dec(ember)?)([\s\d.,-]|$)/i,
]

/** The moment of an ISO 8601 or RFC 5322 text, a date is its beginning, without a zone it is UTC; or of Unix time. */
export const momentOf = (text: string): Moment | undefined => {
  const [, day, time = '00:00', fraction = '', zone = 'Z'] = iso.exec(text) ?? []
  if (day) {
    const offset =
      zone === 'UTC' ? 'Z' : zone.replace(/^([+-]\d\d):?(\d\d)?$/, (_, hours, minutes) => `${hours}:${minutes ?? '00'}`)
    const ms = Date.parse(`${day}T${time}${offset}`)
    return Number.isNaN(ms) ? undefined : { ms, fraction: fraction.replace(/0+$/, '') }
  }
  if (internet.test(text)) return { ms: Date.parse(text), fraction: '' }
  if (!/^\d{9,13}(\.\d+)?$/.test(text)) return undefined
  const number = Number(text)
  return { ms: number < longestUnixSeconds ? Math.floor(number) * 1000 : number, fraction: '' }
}

/** Larger Unix times are milliseconds: as seconds they would be the year 5138. */
const longestUnixSeconds = 1e11

/**
 * The parameter that asks for records from `cursor` on, or from the lookback before it, as JSON text. Never later than that,
 * whatever the format or the API's own time zone makes of it: what comes too early is left out by CursorFilter.
 */
export const parameterAt = (
  { format, lookbackSeconds, cursorField }: Pick<Incremental, 'format' | 'lookbackSeconds' | 'cursorField'>,
  cursor: string,
): string => {
  const isAsWritten = format === 'as_is' && lookbackSeconds === 0
  if (isAsWritten) return JSON.stringify(cursor)
  const moment = momentOf(cursor)
  if (!moment) throw noMoment(cursorField, cursor)
  const ms = moment.ms - lookbackSeconds * 1000
  return format === 'as_is' ? writtenLike(cursor, ms) : written(format, ms)
}

/** In the way of the API itself, whole seconds. */
const writtenLike = (cursor: string, ms: number): string => {
  if (/^[\d.]+$/.test(cursor))
    return written(Number(cursor) < longestUnixSeconds ? 'unix_seconds' : 'unix_milliseconds', ms)
  if (internet.test(cursor)) return JSON.stringify(new Date(ms).toUTCString())
  if (cursor.length === 10) return written('date', ms)
  const hasZone = /(Z|UTC|[+-]\d\d(:?\d\d)?)$/.test(cursor.slice(11))
  const text = new Date(ms).toISOString().slice(0, 19).replace('T', cursor.charAt(10))
  return JSON.stringify(hasZone ? `${text}Z` : text)
}

const dayMs = 86_400_000

const written = (format: ParameterFormat, ms: number): string => {
  switch (format) {
    case 'unix_seconds':
      return String(Math.floor(ms / 1000))
    case 'unix_milliseconds':
      return String(ms)
    case 'date':
      // A day earlier: the API may count its days in any time zone.
      return JSON.stringify(new Date(ms - dayMs).toISOString().slice(0, 10))
    default:
      return JSON.stringify(`${new Date(ms).toISOString().slice(0, 19)}Z`)
  }
}

const noMoment = (cursorField: string, cursor: string): IngestionError => {
  const message = `incremental needs a cursor that is a date or time for parameter_format and lookback_window_seconds, and ${cursorField} is "${cursor.slice(0, 100)}"; leave both out`
  return new IngestionError('connector_config', `REST API: ${message}`, {
    errors: [{ pointer: '/incremental/parameter_format', message }],
  })
}

const unordered = (text: string): IngestionError => {
  const message = `the cursor "${text.slice(0, 100)}" is a date whose characters have no order; choose a cursor_field with ISO 8601 dates or numbers`
  return new IngestionError('connector_config', `REST API: ${message}`, {
    errors: [{ pointer: '/incremental/cursor_field', message }],
  })
}

const sign = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)
