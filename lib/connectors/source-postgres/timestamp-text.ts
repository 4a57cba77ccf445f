import { civilDate } from '../columns/civil-date.ts'
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
const daysFrom1970To2000 = 10_957

/** Text that Postgres reads back as the same date. `days` count from 2000-01-01, as in COPY BINARY. */
export const dateText = (days: number): string => {
  if (days === 0x7fffffff) return 'infinity'
  if (days === -0x80000000) return '-infinity'
  const { year, month, day } = civilDate(days + daysFrom1970To2000)
  return `${yearText(year)}-${two(month)}-${two(day)}${year < 1 ? ' BC' : ''}`
}

/** The same for microseconds since 2000-01-01T00:00; without a zone (the session's is UTC). */
export const timestampText = (micros: bigint): string => {
  if (micros === 0x7fffffffffffffffn) return 'infinity'
  if (micros === -0x8000000000000000n) return '-infinity'
  const within = ((micros % microsPerDay) + microsPerDay) % microsPerDay
  const { year, month, day } = civilDate(Number((micros - within) / microsPerDay) + daysFrom1970To2000)
  return `${yearText(year)}-${two(month)}-${two(day)} ${timeText(within)}${year < 1 ? ' BC' : ''}`
}

const two = (value: number): string => String(value).padStart(2, '0')
const yearText = (year: number): string => String(year < 1 ? 1 - year : year).padStart(4, '0')
