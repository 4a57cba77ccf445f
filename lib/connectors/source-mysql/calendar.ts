const two = (value: number): string => String(value).padStart(2, '0')

/** Days since 1970-01-01; undefined for zero dates and days that no month has. */
export const dayNumber = (year: number, month: number, day: number): number | undefined => {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  // Proleptic Gregorian, as MySQL counts: years begin in March, so that the leap day is a year's last.
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** `2024-00-15`, as the server prints a date, possible or not. */
export const dateText = (year: number, month: number, day: number): string =>
  `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`

/** ` 12:34:56.789`, as the server prints a moment's time with so many `decimals`. */
export const clockText = (hour: number, minute: number, second: number, micros: number, decimals: number): string => {
  const fraction = decimals > 0 ? `.${String(micros).padStart(6, '0').slice(0, decimals)}` : ''
  return ` ${two(hour)}:${two(minute)}:${two(second)}${fraction}`
}

const daysIn = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
