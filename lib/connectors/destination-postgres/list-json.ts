import type { Column, ColumnType, Field, ScalarType } from '../columns/column.ts'
import { ColumnBuilder } from '../columns/column-builder.ts'
import { type ScalarValue, scalarReader } from '../columns/column-reader.ts'
import { float32Text, float64Text } from '../columns/float-text.ts'
import { dateText, timestampText, timeText } from '../columns/iso-text.ts'
import { JsonBytes } from './json-bytes.ts'

type Text = (value: Exclude<ScalarValue, null>) => string

/** A field as a table has it. */
export interface StoredField extends Field {
  readonly type: ScalarType
}

/** A list is kept as JSON. */
export const storedType = (type: ColumnType): ScalarType => (type.kind === 'list' ? { kind: 'json' } : type)

/**
 * The column of a field in its stored type. The JSON is that of Postgres's own to_json(), which rows of COPY carry: the same
 * array looks the same, whichever way it came.
 */
export const storedColumn = (type: ColumnType, column: Column, rows: number): Column => {
  if (type.kind !== 'list') return column
  const builder = new ColumnBuilder(rows)
  const nextSize = scalarReader({ kind: 'int32' }, column)
  const putNext = elementWriter(type.element, column.elements as Column)
  const json = new JsonBytes()
  for (let row = 0; row < rows; row++) {
    const size = nextSize()
    if (size === null) {
      builder.appendNull()
      continue
    }
    json.begin()
    for (let i = 0; i < (size as number); i++) {
      json.ascii(i === 0 ? '[' : ',')
      putNext(json)
    }
    json.ascii(size === 0 ? '[]' : ']')
    json.appendTo(builder)
  }
  return builder.build()
}

/** Puts the next element at each call. */
const elementWriter = (type: ScalarType, elements: Column): ((json: JsonBytes) => void) => {
  if (type.kind === 'text' || type.kind === 'json') return textWriter(type.kind === 'json', elements)
  const next = scalarReader(type, elements)
  const text = elementJson(type)
  return (json) => {
    const value = next()
    json.ascii(value === null ? 'null' : text(value))
  }
}

const textWriter = (isJson: boolean, { values, present }: Column): ((json: JsonBytes) => void) => {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.length)
  let element = 0
  let at = 0
  return (json) => {
    if (present?.[element++] === 0) {
      json.ascii('null')
      return
    }
    const from = at + 4
    at = from + bytes.readUInt32LE(at)
    if (isJson) json.copy(bytes, from, at)
    else json.string(bytes, from, at)
  }
}

/** Elements without text: all of their JSON is ASCII. */
const elementJson = (type: ScalarType): Text => {
  const plain = plainText(type)
  switch (type.kind) {
    case 'boolean':
    case 'int32':
    case 'int64':
    case 'decimal':
      return plain
    case 'float32':
    case 'float64':
      return (value) => (Number.isFinite(value) ? plain(value) : `"${value}"`)
    default:
      return (value) => JSON.stringify(plain(value))
  }
}

const plainText = (type: ScalarType): Text => {
  switch (type.kind) {
    case 'float32':
      return (value) => float32Text(value as number)
    case 'float64':
      return (value) => float64Text(value as number)
    case 'date':
      return (value) => withoutPlus(dateText(value as number))
    case 'time':
      return (value) => withoutZeros(timeText(value as bigint))
    case 'timestamp':
      return (value) => {
        const text = withoutZeros(withoutPlus(timestampText(value as bigint, false)))
        return type.utc ? `${text}+00:00` : text
      }
    case 'binary':
      return (value) => `\\x${Buffer.from(value as Uint8Array).toString('hex')}`
    default:
      return String
  }
}

/** ISO 8601 wants a sign before years of more than four digits, Postgres none. */
const withoutPlus = (text: string): string => (text.startsWith('+') ? text.replace(/^\+0*/, '') : text)

/** Of a time with all six digits of its microseconds. */
const withoutZeros = (text: string): string => {
  let end = text.length
  while (text[end - 1] === '0') end--
  return text.slice(0, text[end - 1] === '.' ? end - 1 : end)
}
