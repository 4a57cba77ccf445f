import type { Column, ScalarType } from '../columns/column.ts'
import { widthOf } from '../columns/column-reader.ts'
import { dateText, timestampText } from '../columns/iso-text.ts'
import type { ValueChange } from '../connector.ts'
import type { StoredField } from './list-json.ts'
import { epochDays } from './value-writer.ts'

/** 4714-11-24 BC to 294276-12-31 and 5874897-12-31, the ends of timestamp and date, counted from 1970. */
const firstDay = -2_451_545 + epochDays
const lastDay = 2_145_031_948 + epochDays
const firstMicros = BigInt(firstDay) * 86_400_000_000n
const lastMicros = 9_223_371_331_200_000_000n + BigInt(epochDays) * 86_400_000_000n - 1n
const unicodeEscape = Buffer.from('\\u')

/** Says of one value whether Postgres would refuse it. */
type Refuses = (bytes: Buffer, at: number, end: number) => boolean

/**
 * The column without what Postgres refuses: text with a NUL, JSON with one or with half a surrogate pair, dates outside its
 * calendar. They are NULL in it and recorded. Nearly always the very same column, after one look at its bytes.
 */
export const withoutRefused = (
  field: StoredField,
  column: Column,
  rows: number,
  target: string,
): { column: Column; refused: readonly ValueChange[] } => {
  const refuses = refusal(field, column, target)
  if (!refuses) return { column, refused: [] }
  const bytes = Buffer.from(column.values.buffer, column.values.byteOffset, column.values.length)
  const fixed = widthOf(field.type)
  const refused: ValueChange[] = []
  const kept: Buffer[] = []
  let keptFrom = 0
  let at = 0
  for (let row = 0; row < rows; row++) {
    if (column.present?.[row] === 0) continue
    const start = fixed === undefined ? at + 4 : at
    const end = fixed === undefined ? start + bytes.readUInt32LE(at) : at + fixed
    if (refuses(bytes, start, end)) {
      const value = textOf(field.type, bytes, start, end)
      refused.push({ row, field: field.name, change: 'NULLED', reason: 'DESTINATION_SERIALIZATION_ERROR', value })
      kept.push(bytes.subarray(keptFrom, at))
      keptFrom = end
    }
    at = end
  }
  if (refused.length === 0) return { column, refused }
  const present = column.present ? Uint8Array.from(column.present) : new Uint8Array(rows).fill(1)
  for (const { row } of refused) present[row] = 0
  const values = Buffer.concat([...kept, bytes.subarray(keptFrom)])
  return { column: { present, nulls: column.nulls + refused.length, values }, refused }
}

const refusal = (field: StoredField, column: Column, target: string): Refuses | undefined => {
  const bytes = Buffer.from(column.values.buffer, column.values.byteOffset, column.values.length)
  switch (field.type.kind) {
    case 'text':
      return hasNul
    case 'json':
      // As text it is kept as it is; in jsonb only an escape can name what jsonb has no place for.
      if (target !== 'jsonb') return hasNul
      return bytes.includes(unicodeEscape) ? isRefusedJson : undefined
    case 'date':
      return (values, at) => {
        const day = values.readInt32LE(at)
        return day < firstDay || day > lastDay
      }
    case 'timestamp':
      return (values, at) => {
        // Years 1 to 9999 need no exact look: their upper halves lie well inside.
        const high = values.readInt32LE(at + 4)
        if (high > -15_000_000 && high < 60_000_000) return false
        const micros = values.readBigInt64LE(at)
        return micros < firstMicros || micros > lastMicros
      }
    default:
      return undefined
  }
}

/** Enough to recognize a value by. */
const exampleBytes = 200

const textOf = (type: ScalarType, bytes: Buffer, at: number, end: number): string => {
  if (type.kind === 'date') return dateText(bytes.readInt32LE(at))
  if (type.kind === 'timestamp') return timestampText(bytes.readBigInt64LE(at), type.utc)
  return bytes.toString('utf8', at, Math.min(end, at + exampleBytes)).replaceAll('\0', '\\0')
}

const shortBytes = 32

const hasNul: Refuses = (bytes, at, end) => {
  if (end - at > shortBytes) {
    // Beyond the value stands the length of the next one, never more than some bytes without a zero.
    const found = bytes.indexOf(0, at)
    return found !== -1 && found < end
  }
  for (let i = at; i < end; i++) if (bytes[i] === 0) return true
  return false
}

const isRefusedJson: Refuses = (bytes, at, end) => {
  const text = bytes.toString('utf8', at, end)
  if (!text.includes('\\u')) return false
  let refused = false
  const look = (value: unknown) => {
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) refused = true
  }
  JSON.parse(text, (key, value) => {
    look(key)
    look(value)
    return value
  })
  return refused
}
