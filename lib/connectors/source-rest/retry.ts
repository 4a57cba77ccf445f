import type { IncomingHttpHeaders } from 'node:http'

/** What decides about trying again. */
export interface FailedTry {
  /** Undefined when no answer came. */
  readonly status: number | undefined
  /** The API says that there were too many requests. */
  readonly isLimited: boolean
  /** How long the API asks to wait. */
  readonly askedMs: number | undefined
}

const firstDelayMs = 500
const maxDelayMs = 60_000
/** An API that asks for a longer wait ends the attempt; the engine tries again later. */
const maxAskedMs = 10 * 60_000

/** How long to wait before the next try; undefined = do not try again. `random` is in [0, 1). */
export const retryDelayMs = (
  { status, isLimited, askedMs }: FailedTry,
  attempt: number,
  random: number,
): number | undefined => {
  // A POST is repeated too: it only reads, and a sync that fails begins again with it anyway.
  const isRepeatable = isLimited || status === undefined || status === 408 || status === 425 || status >= 500
  if (!isRepeatable) return undefined
  const ownMs = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1)) * (0.5 + random / 2)
  if (askedMs === undefined) return ownMs
  if (askedMs > maxAskedMs) return undefined
  // Some round down what is left of a second, and refuse again: not to be believed twice.
  return attempt === 1 ? askedMs : Math.max(askedMs, ownMs)
}

/**
 * What an answer that is no success says about trying again. Some APIs refuse with 403 when their limit is reached. `here` is
 * this machine's time, for an API that does not tell its own.
 */
export const failedTry = (status: number, headers: IncomingHttpHeaders, here: Date): FailedTry => {
  const there = new Date(headers.date ?? '')
  const now = Number.isNaN(there.getTime()) ? here : there
  const retryAfter = retryAfterMs(headers['retry-after'], now)
  const isUsedUp = header(headers, 'remaining') === '0'
  const isLimited = status === 429 || (status === 403 && (retryAfter !== undefined || isUsedUp))
  return { status, isLimited, askedMs: retryAfter ?? (isLimited ? resetMs(header(headers, 'reset'), now) : undefined) }
}

const header = (headers: IncomingHttpHeaders, name: string): string | undefined =>
  [`x-ratelimit-${name}`, `x-rate-limit-${name}`, `ratelimit-${name}`]
    .map((full) => headers[full])
    .find((value) => typeof value === 'string')

/** RFC 9110, 10.2.3: seconds or a date. */
const retryAfterMs = (value: string | undefined, now: Date): number | undefined => {
  if (value === undefined) return undefined
  if (seconds.test(value)) return Number(value) * 1000
  // Date.parse makes a date of "-5" too.
  const date = /^\s*([a-z]{3}|\d{4}-)/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime())
}

const seconds = /^\s*\d+(\.\d+)?\s*$/
/** Larger numbers are a moment since 1970, in seconds or milliseconds, and not a duration. */
const longestSeconds = 1e9
const longestUnixSeconds = 1e11

/** No standard, but the habit of many: seconds from now, or the moment as Unix time or date. */
const resetMs = (value: string | undefined, now: Date): number | undefined => {
  if (value === undefined || !seconds.test(value)) return retryAfterMs(value, now)
  const number = Number(value)
  if (number < longestSeconds) return number * 1000
  return Math.max(0, (number < longestUnixSeconds ? number * 1000 : number) - now.getTime())
}
