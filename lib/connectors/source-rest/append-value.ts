import type { ColumnType } from '../columns/column.ts'
import type { ColumnBuilder } from '../columns/column-builder.ts'
import { atScale, parseDecimal } from './decimal.ts'
import type { JsonText } from './json-text.ts'

const int64Digits = 19
const int64Limit = 2n ** 63n
/** Digits that a float64 holds exactly, whatever they are. */
const safeDigits = 15
const bigPowers = Array.from({ length: 39 }, (_, exponent) => 10n ** BigInt(exponent))
const powers = Array.from({ length: 39 }, (_, exponent) => 10 ** exponent)
const sixteen = Buffer.alloc(16)
const sixteenView = new DataView(sixteen.buffer, sixteen.byteOffset, 16)

/** Appends a value that is not null; false, with nothing appended, when the column's type cannot hold it exactly. */
export const appendValue = (type: ColumnType, builder: ColumnBuilder, json: JsonText, at: number): boolean => {
  const { bytes } = json
  const start = json.start(at)
  const first = bytes[start] as number
  switch (type.kind) {
    case 'boolean':
      if (first !== 0x74 && first !== 0x66) return false
      builder.appendByte(first === 0x74 ? 1 : 0)
      return true
    case 'int64':
      return isNumber(first) && appendWhole(builder, bytes, start, json.end(at))
    case 'decimal':
      return isNumber(first) && appendDecimal(builder, type, bytes, start, json.end(at))
    case 'json':
      appendSource(builder, json, at)
      return true
    case 'text': {
      if (first !== 0x22) {
        appendSource(builder, json, at)
      } else if (!json.hasEscapes(at)) {
        builder.appendBytes(bytes, start + 1, json.end(at) - start - 2)
      } else {
        const text = json.text(at)
        // Half a surrogate pair has no UTF-8.
        if (!text.isWellFormed()) return false
        builder.appendText(text)
      }
      return true
    }
    default:
      throw new Error(`records are never read as ${type.kind}`)
  }
}

const appendSource = (builder: ColumnBuilder, json: JsonText, at: number): void => {
  const source = json.compacted(at)
  if (source) builder.appendBytes(source, 0, source.length)
  else builder.appendBytes(json.bytes, json.start(at), json.end(at) - json.start(at))
}

const isNumber = (first: number): boolean => first === 0x2d || (first >= 0x30 && first <= 0x39)

const appendWhole = (builder: ColumnBuilder, bytes: Buffer, start: number, end: number): boolean => {
  const fraction = readPlain(bytes, start, end)
  if (fraction === 0) {
    builder.appendInt64(Math.floor(plain / 2 ** 32), plain | 0)
    return true
  }
  const decimal = parseDecimal(bytes.toString('latin1', start, end))
  const whole = decimal && atScale(decimal, 0, int64Digits)
  if (whole === undefined || whole >= int64Limit || whole < -int64Limit) return false
  builder.appendBigInt64(whole)
  return true
}

const appendDecimal = (
  builder: ColumnBuilder,
  type: { precision: number; scale: number },
  bytes: Buffer,
  start: number,
  end: number,
): boolean => {
  const fraction = readPlain(bytes, start, end)
  if (fraction >= 0 && fraction <= type.scale && type.precision - (type.scale - fraction) >= safeDigits) {
    const unscaled = plain * (powers[type.scale - fraction] as number)
    if (Number.isSafeInteger(unscaled)) {
      sixteen.fill(unscaled < 0 ? 0xff : 0, 0, 8)
      sixteenView.setInt32(8, Math.floor(unscaled / 2 ** 32), false)
      sixteenView.setInt32(12, unscaled | 0, false)
      builder.appendFixed(sixteen, 0, 16)
    } else {
      builder.appendBigInt128(BigInt(plain) * (bigPowers[type.scale - fraction] as bigint))
    }
    return true
  }
  const decimal = parseDecimal(bytes.toString('latin1', start, end))
  const unscaled = decimal && atScale(decimal, type.scale, type.precision)
  if (unscaled === undefined) return false
  builder.appendBigInt128(unscaled)
  return true
}

/** What readPlain read, its point left out. */
let plain = 0

/** Reads a number of at most 15 digits into `plain`; how many of them stand after the point, -1 when it is not such a number. */
const readPlain = (bytes: Buffer, start: number, end: number): number => {
  const isNegative = bytes[start] === 0x2d
  const from = isNegative ? start + 1 : start
  if (end - from > safeDigits) return -1
  let value = 0
  let point = end
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number
    if (byte === 0x2e) point = at + 1
    else if (byte >= 0x30 && byte <= 0x39) value = value * 10 + byte - 0x30
    else return -1
  }
  // No column knows -0.
  if (isNegative && value === 0) return -1
  plain = isNegative ? -value : value
  return end - point
}
