import type { Column, ColumnType, Field, ScalarType } from '../columns/column.ts'
import { ColumnBuilder } from '../columns/column-builder.ts'
import { readColumn, type ScalarValue } from '../columns/column-reader.ts'
import { float32Text, float64Text } from '../columns/float-text.ts'
import { dateText, timestampText, timeText } from '../columns/iso-text.ts'

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
  const text = elementJson(type.element)
  for (const list of readColumn(type, column, rows) as Iterable<readonly ScalarValue[] | null>) {
    if (list === null) builder.appendNull()
    else builder.appendText(`[${list.map((value) => (value === null ? 'null' : text(value))).join(',')}]`)
  }
  return builder.build()
}

const elementJson = (type: ScalarType): Text => {
  const plain = plainText(type)
  switch (type.kind) {
    case 'boolean':
    case 'int32':
    case 'int64':
    case 'decimal':
    case 'json':
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
const withoutPlus = (text: string): string => text.replace(/^\+0*/, '')

const withoutZeros = (text: string): string => text.replace(/\.(\d*?)0*$/, (_, kept) => (kept ? `.${kept}` : ''))
