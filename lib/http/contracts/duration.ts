import * as z from 'zod'

const iso = /^P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?$/
const longestSeconds = 7 * 86_400

/** Seconds, as a number or as an ISO 8601 duration of days and less; at most a week. */
export const duration = z
  .union([z.number(), z.string().max(32)])
  .transform((value) => (typeof value === 'number' ? value : secondsOf(value)))
  .pipe(
    z
      .int({ error: 'must be whole seconds or an ISO 8601 duration such as PT6H or P2D' })
      .min(1, 'must be at least a second')
      .max(longestSeconds, 'must be at most 7 days'),
  )

const secondsOf = (text: string): number => {
  const [matched, ...parts] = iso.exec(text) ?? []
  if (matched === undefined || parts.every((part) => part === undefined)) return Number.NaN
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0))
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
}
