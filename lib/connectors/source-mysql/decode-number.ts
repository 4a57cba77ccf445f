import type { ColumnBuilder } from '../columns/column-builder.ts'
import { type Decode, leaveOut } from './decode.ts'
import { type Wire, wireTypes } from './wire.ts'

type ReadNumber = (bytes: Buffer, at: number) => number

const minus = 0x2d
const point = 0x2e
const zero = 0x30
/** Up to so many digits a double holds any integer. */
const exactDigits = 15

const int32 = (bytes: Buffer, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24)

/** Reads an integer of at most 32 bits; undefined for other types. */
const narrowReader = ({ type, isUnsigned }: Wire): ReadNumber | undefined => {
  switch (type) {
    case wireTypes.tiny:
      return isUnsigned ? (bytes, at) => bytes[at] as number : (bytes, at) => ((bytes[at] as number) << 24) >> 24
    case wireTypes.year:
    case wireTypes.short:
      return isUnsigned ? (bytes, at) => bytes.readUInt16LE(at) : (bytes, at) => bytes.readInt16LE(at)
    case wireTypes.int24:
    case wireTypes.long:
      return isUnsigned ? (bytes, at) => int32(bytes, at) >>> 0 : int32
    default:
      return undefined
  }
}

/** What information_schema calls an integer may be sent wider, by a view: what does not fit is left out. */
export const int32Decoder = (wire: Wire): Decode | undefined => {
  const read = narrowReader(wire)
  if (wire.type === wireTypes.longlong) {
    return (builder, bytes, at) => {
      const low = int32(bytes, at)
      const high = int32(bytes, at + 4)
      const fits = high === low >> 31 && (high === 0 || !wire.isUnsigned)
      if (!fits) return leaveOut(builder, bigint(wire, bytes, at).toString())
      builder.appendInt32(low)
      return undefined
    }
  }
  if (!read) return undefined
  const mayOverflow = wire.type === wireTypes.long && wire.isUnsigned
  return (builder, bytes, at) => {
    const value = read(bytes, at)
    if (mayOverflow && value > 0x7fffffff) return leaveOut(builder, String(value))
    builder.appendInt32(value)
    return undefined
  }
}

export const int64Decoder = (wire: Wire): Decode | undefined => {
  const read = narrowReader(wire)
  if (read) {
    return (builder, bytes, at) => {
      const value = read(bytes, at)
      builder.appendInt64(value < 0 ? -1 : 0, value)
      return undefined
    }
  }
  if (wire.type !== wireTypes.longlong) return undefined
  return (builder, bytes, at) => {
    const high = int32(bytes, at + 4)
    if (wire.isUnsigned && high < 0) return leaveOut(builder, bigint(wire, bytes, at).toString())
    builder.appendInt64(high, int32(bytes, at))
    return undefined
  }
}

/**
 * Of a column the server writes all digits of the scale, so that dropping the point gives the unscaled value; of an
 * expression in a view it may write fewer.
 */
export const decimalDecoder = (wire: Wire, precision: number, scale: number): Decode | undefined => {
  if (wire.type === wireTypes.longlong && precision > 18 && scale === 0) {
    return (builder, bytes, at) => {
      builder.appendBigInt128(bigint(wire, bytes, at))
      return undefined
    }
  }
  if (wire.type !== wireTypes.decimal || wire.decimals !== scale) return undefined
  if (precision > 18) {
    return (builder, bytes, at, length) => {
      if (!hasScale(bytes, at, length, scale)) return rescaled(builder, bytes, at, length, scale, true)
      builder.appendBigInt128(wideDigits(bytes, at, length))
      return undefined
    }
  }
  return (builder, bytes, at, length) => {
    if (!hasScale(bytes, at, length, scale)) return rescaled(builder, bytes, at, length, scale, false)
    if (length > exactDigits) {
      builder.appendBigInt64(wideDigits(bytes, at, length))
      return undefined
    }
    const value = digits(bytes, at, length)
    const high = Math.floor(value / 2 ** 32)
    builder.appendInt64(high, value - high * 2 ** 32)
    return undefined
  }
}

const hasScale = (bytes: Buffer, at: number, length: number, scale: number): boolean =>
  scale === 0 || (length > scale + 1 && bytes[at + length - scale - 1] === point)

const rescaled = (
  builder: ColumnBuilder,
  bytes: Buffer,
  at: number,
  length: number,
  scale: number,
  isWide: boolean,
): string | undefined => {
  const text = bytes.toString('latin1', at, at + length)
  const [whole = '', fraction = ''] = text.split('.')
  if (fraction.length > scale) return leaveOut(builder, text)
  const unscaled = BigInt(whole + fraction.padEnd(scale, '0'))
  if (isWide) builder.appendBigInt128(unscaled)
  else builder.appendBigInt64(unscaled)
  return undefined
}

export const float32Decoder = ({ type }: Wire): Decode | undefined => {
  const read = floatReader(type)
  if (!read) return undefined
  return (builder, bytes, at) => {
    builder.appendFloat32(read(bytes, at))
    return undefined
  }
}

export const float64Decoder = ({ type }: Wire): Decode | undefined => {
  const read = floatReader(type)
  if (!read) return undefined
  return (builder, bytes, at) => {
    builder.appendFloat64(read(bytes, at))
    return undefined
  }
}

const floatReader = (type: number): ReadNumber | undefined => {
  if (type === wireTypes.double) return (bytes, at) => bytes.readDoubleLE(at)
  if (type === wireTypes.float) return (bytes, at) => bytes.readFloatLE(at)
  return undefined
}

const bigint = ({ isUnsigned }: Wire, bytes: Buffer, at: number): bigint =>
  isUnsigned ? bytes.readBigUInt64LE(at) : bytes.readBigInt64LE(at)

const digits = (bytes: Buffer, at: number, length: number): number => {
  const end = at + length
  const isNegative = bytes[at] === minus
  let value = 0
  for (let i = isNegative ? at + 1 : at; i < end; i++) {
    const byte = bytes[i] as number
    if (byte !== point) value = value * 10 + (byte - zero)
  }
  return isNegative ? -value : value
}

const wideDigits = (bytes: Buffer, at: number, length: number): bigint =>
  BigInt(bytes.toString('latin1', at, at + length).replace('.', ''))
