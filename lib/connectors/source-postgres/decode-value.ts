import type { ScalarType } from '../columns/column.ts'
import type { ColumnBuilder } from '../columns/column-builder.ts'
import { appendNumeric } from './numeric.ts'
import { dateText, firstDay, firstMicros, timestampText } from './timestamp-text.ts'
import type { Wire } from './type-mapping.ts'

/**
 * Appends one present value of `length` bytes at `at`. When its column cannot hold it, appends NULL and returns the
 * value's text.
 */
export type Decode = (builder: ColumnBuilder, bytes: Buffer, at: number, length: number) => string | undefined

/** Days from 1970-01-01 to 2000-01-01, where Postgres counts from. */
const epochDays = 10_957
/** Microseconds between the same, as the halves of a 64-bit integer: doubles are exact only from 1684 to 2255. */
const epochHigh = 220_417
const epochLow = 993_517_568

export const int32 = (bytes: Buffer, at: number): number =>
  ((bytes[at] as number) << 24) |
  ((bytes[at + 1] as number) << 16) |
  ((bytes[at + 2] as number) << 8) |
  (bytes[at + 3] as number)

const decoders: Readonly<Record<Exclude<Wire, 'numeric'>, Decode>> = {
  bool(builder, bytes, at) {
    builder.appendByte(bytes[at] as number)
    return undefined
  },
  int2(builder, bytes, at) {
    builder.appendInt32(bytes.readInt16BE(at))
    return undefined
  },
  int4(builder, bytes, at) {
    builder.appendInt32(int32(bytes, at))
    return undefined
  },
  int8(builder, bytes, at) {
    builder.appendInt64(int32(bytes, at), int32(bytes, at + 4))
    return undefined
  },
  oid(builder, bytes, at) {
    builder.appendInt64(0, int32(bytes, at))
    return undefined
  },
  float4(builder, bytes, at) {
    builder.appendFloat32(bytes.readFloatBE(at))
    return undefined
  },
  float8(builder, bytes, at) {
    builder.appendFloat64(bytes.readDoubleBE(at))
    return undefined
  },
  bytes(builder, bytes, at, length) {
    builder.appendBytes(bytes, at, length)
    return undefined
  },
  /** A version byte comes first; there is only version 1. */
  jsonb(builder, bytes, at, length) {
    if (bytes[at] !== 1) throw new Error(`jsonb of version ${bytes[at]}`)
    builder.appendBytes(bytes, at + 1, length - 1)
    return undefined
  },
  uuid(builder, bytes, at) {
    builder.appendFixed(bytes, at, 16)
    return undefined
  },
  date(builder, bytes, at) {
    const days = int32(bytes, at)
    // Both infinities, years before 1, and what a 32-bit count from 1970 does not reach.
    if (days < firstDay - epochDays || days === 0x7fffffff) return leaveOut(builder, dateText(days))
    builder.appendInt32(days + epochDays)
    return undefined
  },
  time(builder, bytes, at) {
    builder.appendInt64(int32(bytes, at), int32(bytes, at + 4))
    return undefined
  },
  timestamp(builder, bytes, at) {
    const low = (int32(bytes, at + 4) >>> 0) + epochLow
    const high = int32(bytes, at) + epochHigh + (low > 0xffffffff ? 1 : 0)
    const unsigned = low >>> 0
    // The last microsecond too: DuckDB takes it for infinity.
    if (
      (high >= 0x7fffffff && (high > 0x7fffffff || unsigned === 0xffffffff)) ||
      (high <= firstMicros.high && (high < firstMicros.high || unsigned < firstMicros.low))
    ) {
      return leaveOut(builder, timestampText(bytes.readBigInt64BE(at)))
    }
    builder.appendInt64(high, low)
    return undefined
  },
}

/** The decoder of a column of `type`. */
export const decoderOf = (type: ScalarType, wire: Wire): Decode => {
  if (wire !== 'numeric') return decoders[wire]
  const { precision, scale } = type as Extract<ScalarType, { kind: 'decimal' }>
  return (builder, bytes, at) => {
    const text = appendNumeric(builder, bytes, at, precision, scale)
    return text === undefined ? undefined : leaveOut(builder, text)
  }
}

const leaveOut = (builder: ColumnBuilder, text: string): string => {
  builder.appendNull()
  return text
}
