import type { ColumnType } from '../columns/column.ts'
import { clockText, dateText, dayNumber } from './calendar.ts'
import { type Decode, leaveOut } from './decode.ts'
import { decimalDecoder, float32Decoder, float64Decoder, int32Decoder, int64Decoder } from './decode-number.ts'
import { type Wire, widthOf, wireTypes } from './wire.ts'

const secondsPerDay = 86_400
const exactDouble = 2 ** 53

/**
 * Undefined when values sent so cannot be told to fit `type`: information_schema and the result disagree. A text may be
 * wanted `inHex`, made of bytes.
 */
export const decoderOf = (wire: Wire, type: ColumnType, inHex = false): Decode | undefined => {
  // Every value of it is NULL.
  if (wire.type === wireTypes.null) return appendBytes
  switch (type.kind) {
    case 'int32':
      return int32Decoder(wire)
    case 'int64':
      return int64Decoder(wire)
    case 'decimal':
      return decimalDecoder(wire, type.precision, type.scale)
    case 'float32':
      return float32Decoder(wire)
    case 'float64':
      return float64Decoder(wire)
    case 'date':
      return wire.type === wireTypes.date ? date : undefined
    case 'timestamp':
      return wire.type === wireTypes.datetime || wire.type === wireTypes.timestamp
        ? timestamp(Math.min(wire.decimals, 6))
        : undefined
    case 'boolean':
      return isText(wire) ? bit : undefined
    case 'uuid':
      return isText(wire) ? uuid : undefined
    case 'text':
    case 'json':
    case 'binary':
      if (!isText(wire)) return undefined
      return inHex ? hex : appendBytes
    case 'time':
    case 'list':
      return undefined
  }
}

const structured: readonly number[] = [wireTypes.date, wireTypes.time, wireTypes.datetime, wireTypes.timestamp]

/** Sent as text or bytes, with their length before them. */
const isText = (wire: Wire): boolean => widthOf(wire) === 0 && !structured.includes(wire.type)

const appendBytes: Decode = (builder, bytes, at, length) => {
  builder.appendBytes(bytes, at, length)
  return undefined
}

const hex: Decode = (builder, bytes, at, length) => {
  builder.appendText(bytes.toString('hex', at, at + length).toUpperCase())
  return undefined
}

/** A BIT(1). */
const bit: Decode = (builder, bytes, at, length) => {
  builder.appendByte(bytes[at + length - 1] === 1 ? 1 : 0)
  return undefined
}

const uuid: Decode = (builder, bytes, at, length) => {
  builder.appendFixed(Buffer.from(bytes.toString('latin1', at, at + length).replaceAll('-', ''), 'hex'), 0, 16)
  return undefined
}

/** Of 4 bytes: year, month, day. A zero date has none. */
const date: Decode = (builder, bytes, at, length) => {
  const year = length >= 4 ? yearAt(bytes, at) : 0
  const month = length >= 4 ? (bytes[at + 2] as number) : 0
  const day = length >= 4 ? (bytes[at + 3] as number) : 0
  const days = dayNumber(year, month, day)
  if (days === undefined) return leaveOut(builder, dateText(year, month, day))
  builder.appendInt32(days)
  return undefined
}

/** As a date, 7 bytes with hour, minute and second, 11 with microseconds. */
const timestamp =
  (decimals: number): Decode =>
  (builder, bytes, at, length) => {
    const year = length >= 4 ? yearAt(bytes, at) : 0
    const month = length >= 4 ? (bytes[at + 2] as number) : 0
    const day = length >= 4 ? (bytes[at + 3] as number) : 0
    const hour = length >= 7 ? (bytes[at + 4] as number) : 0
    const minute = length >= 7 ? (bytes[at + 5] as number) : 0
    const second = length >= 7 ? (bytes[at + 6] as number) : 0
    const micros = length >= 11 ? bytes.readUInt32LE(at + 7) : 0
    const days = dayNumber(year, month, day)
    if (days === undefined) {
      return leaveOut(builder, dateText(year, month, day) + clockText(hour, minute, second, micros, decimals))
    }
    const seconds = days * secondsPerDay + hour * 3600 + minute * 60 + second
    const total = seconds * 1e6 + micros
    // Doubles are exact from 1684 to 2255.
    if (total < exactDouble && total > -exactDouble) {
      const high = Math.floor(total / 2 ** 32)
      builder.appendInt64(high, total - high * 2 ** 32)
    } else {
      builder.appendBigInt64(BigInt(seconds) * 1_000_000n + BigInt(micros))
    }
    return undefined
  }

const yearAt = (bytes: Buffer, at: number): number => (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
