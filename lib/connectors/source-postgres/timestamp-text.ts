import { timeText } from '../columns/iso-text.ts'

/** 0001-01-01, in days since 1970: the first that Parquet's readers agree on. */
export const firstDay = -719_162

const firstMicrosSince1970 = -62_135_596_800_000_000n
/** 0001-01-01T00:00 in microseconds since 1970, as halves; `low` unsigned. */
export const firstMicros = {
  high: Number(firstMicrosSince1970 >> 32n),
  low: Number(BigInt.asUintN(32, firstMicrosSince1970)),
}

const microsPerDay = 86_400_000_000n
const daysBefore2000 = 730_119

/** Text that Postgres reads back as the same date. `days` count from 2000-01-01, as in COPY BINARY. */
export const dateText = (days: number): string => {
  if (days === 0x7fffffff) return 'infinity'
  if (days === -0x80000000) return '-infinity'
  const { year, month, day } = civil(days)
  return `${yearText(year)}-${two(month)}-${two(day)}${year < 1 ? ' BC' : ''}`
}

/** The same for microseconds since 2000-01-01T00:00; without a zone (the session's is UTC). */
export const timestampText = (micros: bigint): string => {
  if (micros === 0x7fffffffffffffffn) return 'infinity'
  if (micros === -0x8000000000000000n) return '-infinity'
  const within = ((micros % microsPerDay) + microsPerDay) % microsPerDay
  const { year, month, day } = civil(Number((micros - within) / microsPerDay))
  return `${yearText(year)}-${two(month)}-${two(day)} ${timeText(within)}${year < 1 ? ' BC' : ''}`
}

/** Proleptic Gregorian date; year 0 is 1 BC. */
const civil = (daysSince2000: number): { year: number; month: number; day: number } => {
  // Years begin in March, so that the leap day is the last; 306 days lie between 0000-03-01 and 0001-01-01.
  const days = daysSince2000 + daysBefore2000 + 306
  const era = Math.floor(days / 146_097)
  const dayOfEra = days - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const march = Math.floor((5 * dayOfYear + 2) / 153)
  const month = march < 10 ? march + 3 : march - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * march + 2) / 5) + 1,
  }
}

const two = (value: number): string => String(value).padStart(2, '0')
const yearText = (year: number): string => String(year < 1 ? 1 - year : year).padStart(4, '0')
