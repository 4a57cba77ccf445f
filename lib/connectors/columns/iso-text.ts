import { civilDate } from './civil-date.ts'

const microsPerDay = 86_400_000_000n

/** `2024-02-29` for days since 1970-01-01; years beyond 0 to 9999 as ISO 8601 extends them, `+010000-01-01`. */
export const dateText = (days: number): string => {
  const { year, month, day } = civilDate(days)
  return `${yearText(year)}-${two(month)}-${two(day)}`
}

const yearText = (year: number): string => {
  if (year > 999 && year < 10_000) return String(year)
  if (year >= 0 && year < 1_000) return String(year).padStart(4, '0')
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`
}

/** `24:00:00.000000` for microseconds since midnight. */
export const timeText = (micros: bigint): string => clockText(Number(micros))

const clockText = (micros: number): string => {
  const seconds = Math.floor(micros / 1e6)
  const fraction = String(micros - seconds * 1e6).padStart(6, '0')
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${fraction}`
}

/** `2024-02-29T12:00:00.000001`, with a `Z` when it is an instant, for microseconds since 1970-01-01T00:00. */
export const timestampText = (micros: bigint, utc: boolean): string => {
  const within = ((micros % microsPerDay) + microsPerDay) % microsPerDay
  const days = Number((micros - within) / microsPerDay)
  if (days !== lastDays) {
    lastDays = days
    lastDate = dateText(days)
  }
  return `${lastDate}T${clockText(Number(within))}${utc ? 'Z' : ''}`
}

/** Moments come in the order of their days more often than not. */
let lastDays = Number.NaN
let lastDate = ''

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))
