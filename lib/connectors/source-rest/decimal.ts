/** `unscaled` × 10^-`scale`, with the smallest scale from 0 on that is exact. */
export interface Decimal {
  readonly unscaled: bigint
  readonly scale: number
}

/** Numbers of more digits, written out, are not unfolded: 1e400 is one, and a short text could ask for gigabytes. */
const maxDigits = 400

/** The exact value of a JSON number; undefined when it is too long to write out, and for -0, which no decimal is. */
export const parseDecimal = (source: string): Decimal | undefined => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? []
  if (whole === '') return undefined
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '')
  if (digits === '0' || /^0+$/.test(digits)) return sign ? undefined : { unscaled: 0n, scale: 0 }
  const significant = digits.replace(/0+$/, '')
  const scale = fraction.length - Number(exponent) - (digits.length - significant.length)
  if (significant.length > maxDigits || Math.abs(scale) > maxDigits) return undefined
  const unscaled = BigInt(sign + significant)
  return scale >= 0 ? { unscaled, scale } : { unscaled: unscaled * 10n ** BigInt(-scale), scale: 0 }
}

/** The unscaled value at a larger scale, or undefined when digits would be lost or `precision` is passed. */
export const atScale = (value: Decimal, scale: number, precision: number): bigint | undefined => {
  if (value.scale > scale) return undefined
  const unscaled = value.unscaled * 10n ** BigInt(scale - value.scale)
  const limit = 10n ** BigInt(precision)
  return unscaled < limit && unscaled > -limit ? unscaled : undefined
}
