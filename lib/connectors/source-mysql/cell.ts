import type { ColumnType } from '../columns/column.ts'
import type { ColumnBuilder } from '../columns/column-builder.ts'
import { microsecondHalves, parseDay, parseMoment } from './calendar.ts'

/** Appends one present value, given as MySQL's text protocol writes it; false when the column's type cannot hold it. */
export type Cell = (builder: ColumnBuilder, bytes: Buffer) => boolean

const minus = 0x2d
const point = 0x2e
const zero = 0x30
/** Up to so many digits a double holds any integer. */
const exactDigits = 15

/** How values of `type` are read. What a `boolean` column holds is a BIT(1). */
export const cellOf = (type: ColumnType): Cell => {
  switch (type.kind) {
    case 'boolean':
      return (builder, bytes) => {
        builder.appendByte(bytes[0] === 1 ? 1 : 0)
        return true
      }
    case 'int32':
      return (builder, bytes) => {
        builder.appendInt32(digits(bytes))
        return true
      }
    case 'int64':
      return int64
    case 'float32':
      return (builder, bytes) => {
        builder.appendFloat32(Number(bytes.toString('latin1')))
        return true
      }
    case 'float64':
      return (builder, bytes) => {
        builder.appendFloat64(Number(bytes.toString('latin1')))
        return true
      }
    case 'decimal':
      return type.precision <= 18 ? int64 : decimal128
    case 'date':
      return (builder, bytes) => {
        const day = parseDay(bytes)
        if (day !== undefined) builder.appendInt32(day)
        return day !== undefined
      }
    case 'timestamp':
      return (builder, bytes) => {
        const moment = parseMoment(bytes)
        if (!moment) return false
        const { high, low } = microsecondHalves(moment.seconds, moment.micros)
        builder.appendInt64(high, low)
        return true
      }
    case 'uuid':
      return (builder, bytes) => {
        builder.appendFixed(Buffer.from(bytes.toString('latin1').replaceAll('-', ''), 'hex'), 0, 16)
        return true
      }
    case 'list':
      throw new Error('MySQL has no arrays')
    case 'time':
      throw new Error('TIME is a span of up to 838 hours and is read as text')
    case 'text':
    case 'json':
    case 'binary':
      return (builder, bytes) => {
        builder.appendBytes(bytes, 0, bytes.length)
        return true
      }
  }
}

/** Also decimals: MySQL writes all digits of the scale, so that dropping the point gives the unscaled value. */
const int64: Cell = (builder, bytes) => {
  if (bytes.length <= exactDigits) {
    const value = digits(bytes)
    const high = Math.floor(value / 2 ** 32)
    builder.appendInt64(high, value - high * 2 ** 32)
  } else {
    builder.appendBigInt64(wideDigits(bytes))
  }
  return true
}

const decimal128: Cell = (builder, bytes) => {
  builder.appendBigInt128(wideDigits(bytes))
  return true
}

const digits = (bytes: Buffer): number => {
  const negative = bytes[0] === minus
  let value = 0
  for (let at = negative ? 1 : 0; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte !== point) value = value * 10 + (byte - zero)
  }
  return negative ? -value : value
}

const wideDigits = (bytes: Buffer): bigint => BigInt(bytes.toString('latin1').replace('.', ''))
