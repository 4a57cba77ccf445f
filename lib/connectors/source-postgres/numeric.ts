import type { ColumnBuilder } from '../columns/column-builder.ts'

const negative = 0x4000
const specials: Readonly<Record<number, string>> = { 49152: 'NaN', 53248: 'Infinity', 61440: '-Infinity' }
const powers = [1, 10, 100, 1000, 10_000]
/** Sums of base-10000 digits stay exact doubles below this. */
const exactLimit = 2 ** 53 / 10_000

/**
 * Appends a numeric value (int16 count of base-10000 digits, weight of the first, sign, display scale, digits) as the
 * unscaled integer of a decimal. Returns the text of what is no number or does not fit; nothing is appended then.
 */
export const appendNumeric = (
  builder: ColumnBuilder,
  bytes: Buffer,
  at: number,
  precision: number,
  scale: number,
): string | undefined => {
  const sign = bytes.readUInt16BE(at + 4)
  const special = specials[sign]
  if (special) return special
  const digits = bytes.readUInt16BE(at)
  const weight = bytes.readInt16BE(at + 2)
  // Digit i counts 10000^(weight-i); what stands behind the scale is zeros, since the column's type cut it off.
  const last = -Math.ceil(scale / 4)
  const shift = -last * 4 - scale
  let value = 0
  for (let power = weight; power >= last; power--) {
    const index = weight - power
    const digit = index < digits ? bytes.readUInt16BE(at + 8 + index * 2) : 0
    if (value >= exactLimit) return appendBig(builder, bytes, at, precision, scale)
    value =
      power === last
        ? value * (powers[4 - shift] as number) + digit / (powers[shift] as number)
        : value * 10_000 + digit
  }
  if (!Number.isSafeInteger(value)) return appendBig(builder, bytes, at, precision, scale)
  const signed = sign === negative ? -value : value
  if (precision <= 18) builder.appendInt64(Math.floor(signed / 0x100000000), lowHalf(signed))
  else builder.appendBigInt128(BigInt(signed))
  return undefined
}

const lowHalf = (value: number): number => value - Math.floor(value / 0x100000000) * 0x100000000

const appendBig = (
  builder: ColumnBuilder,
  bytes: Buffer,
  at: number,
  precision: number,
  scale: number,
): string | undefined => {
  const text = numericText(bytes, at)
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const kept = fraction.slice(0, scale).padEnd(scale, '0')
  const unscaled = BigInt(whole + kept)
  if (/[1-9]/.test(fraction.slice(scale)) || unscaled >= 10n ** BigInt(precision)) return text
  const signed = text.startsWith('-') ? -unscaled : unscaled
  if (precision <= 18) builder.appendBigInt64(signed)
  else builder.appendBigInt128(signed)
  return undefined
}

/** The value as Postgres prints it. */
export const numericText = (bytes: Buffer, at: number): string => {
  const sign = bytes.readUInt16BE(at + 4)
  const special = specials[sign]
  if (special) return special
  const digits = bytes.readUInt16BE(at)
  const weight = bytes.readInt16BE(at + 2)
  const scale = bytes.readUInt16BE(at + 6)
  const group = (power: number): string => {
    const index = weight - power
    const value = index >= 0 && index < digits ? bytes.readUInt16BE(at + 8 + index * 2) : 0
    return String(value).padStart(4, '0')
  }
  let whole = ''
  for (let power = weight; power >= 0; power--) whole += group(power)
  let fraction = ''
  for (let power = -1; fraction.length < scale; power--) fraction += group(power)
  const text = `${whole.replace(/^0+(?=.)/, '') || '0'}${scale > 0 ? `.${fraction.slice(0, scale)}` : ''}`
  return sign === negative ? `-${text}` : text
}
