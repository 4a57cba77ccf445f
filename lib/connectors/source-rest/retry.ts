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
  if (askedMs !== undefined) return askedMs <= maxAskedMs ? askedMs : undefined
  return Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1)) * (0.5 + random / 2)
}

/** What an answer that is no success says about trying again. Some APIs refuse with 403 when their limit is reached. */
export const failedTry = (status: number, headers: Headers, now: Date): FailedTry => {
  const retryAfter = retryAfterMs(headers.get('retry-after'), now)
  const isUsedUp = header(headers, 'remaining') === '0'
  const isLimited = status === 429 || (status === 403 && (retryAfter !== undefined || isUsedUp))
  return { status, isLimited, askedMs: retryAfter ?? (isLimited ? resetMs(header(headers, 'reset'), now) : undefined) }
}

const header = (headers: Headers, name: string): string | null =>
  headers.get(`x-ratelimit-${name}`) ?? headers.get(`x-rate-limit-${name}`) ?? headers.get(`ratelimit-${name}`)

/** RFC 9110, 10.2.3: seconds or a date. */
const retryAfterMs = (value: string | null, now: Date): number | undefined => {
  if (value === null) return undefined
  if (seconds.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime())
}

const seconds = /^\s*\d+(\.\d+)?\s*$/
/** Larger numbers are a moment since 1970, in seconds or milliseconds, and not a duration. */
const longestSeconds = 1e9
const longestUnixSeconds = 1e11

/** No standard, but the habit of many: seconds from now, or the moment as Unix time or date. */
const resetMs = (value: string | null, now: Date): number | undefined => {
  if (value === null || !seconds.test(value)) return retryAfterMs(value, now)
  const number = Number(value)
  if (number < longestSeconds) return number * 1000
  return Math.max(0, (number < longestUnixSeconds ? number * 1000 : number) - now.getTime())
}
