const zero = 0x30
const secondsPerDay = 86_400
const exactDouble = 2 ** 53

/** Days since 1970-01-01 of `YYYY-MM-DD` at the start of `bytes`; undefined for zero dates and days that no month has. */
export const parseDay = (bytes: Buffer): number | undefined => {
  const year = twoDigits(bytes, 0) * 100 + twoDigits(bytes, 2)
  const month = twoDigits(bytes, 5)
  const day = twoDigits(bytes, 8)
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  return dayNumber(year, month, day)
}

/** Seconds since 1970-01-01T00:00:00 and microseconds of `YYYY-MM-DD hh:mm:ss[.ffffff]`. */
export const parseMoment = (bytes: Buffer): { seconds: number; micros: number } | undefined => {
  const day = parseDay(bytes)
  if (day === undefined) return undefined
  const seconds = day * secondsPerDay + twoDigits(bytes, 11) * 3600 + twoDigits(bytes, 14) * 60 + twoDigits(bytes, 17)
  let micros = 0
  for (let at = 20; at < 26; at++) micros = micros * 10 + (at < bytes.length ? (bytes[at] as number) - zero : 0)
  return { seconds, micros }
}

/** The halves of `seconds` in microseconds plus `micros`. Doubles are exact from 1684 to 2255; beyond, integers decide. */
export const microsecondHalves = (seconds: number, micros: number): { high: number; low: number } => {
  const total = seconds * 1e6 + micros
  if (total < exactDouble && total > -exactDouble) {
    const high = Math.floor(total / 2 ** 32)
    return { high, low: total - high * 2 ** 32 }
  }
  const exact = BigInt(seconds) * 1_000_000n + BigInt(micros)
  return { high: Number(exact >> 32n), low: Number(BigInt.asUintN(32, exact)) }
}

const twoDigits = (bytes: Buffer, at: number): number =>
  ((bytes[at] as number) - zero) * 10 + ((bytes[at + 1] as number) - zero)

const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
const daysIn = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31

/** Proleptic Gregorian, as MySQL counts: years begin in March, so that the leap day is a year's last. */
const dayNumber = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
