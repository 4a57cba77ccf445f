import type { Column, ColumnType, Field } from '../columns/column.ts'
import { readColumn, type Value } from '../columns/column-reader.ts'
import { dateText, timestampText, timeText } from '../columns/iso-text.ts'
import type { Batch, ValueChange } from '../connector.ts'
import type { ConstantColumn } from '../parquet/parquet-writer.ts'

/** One column as text, a cell a row; undefined = NULL. */
export const cellsOf = (type: ColumnType, column: Column | ConstantColumn, rows: number, cell: Cell): Cells => {
  if ('constant' in column) {
    const [value = null] = readColumn(type, { nulls: 0, values: column.constant }, 1)
    return new Array<string | undefined>(rows).fill(value === null ? undefined : cell(value))
  }
  return Array.from(readColumn(type, column, rows), (value) => (value === null ? undefined : cell(value)))
}

export type Cells = readonly (string | undefined)[]
export type Cell = (value: Exclude<Value, null>) => string

/** The text of a value without quotes: the same in CSV and, quoted or not, in JSON. Numbers have all of their digits. */
export const plainText = (type: ColumnType): Cell => {
  switch (type.kind) {
    case 'date':
      return (value) => dateText(value as number)
    case 'time':
      return (value) => timeText(value as bigint)
    case 'timestamp':
      return (value) => timestampText(value as bigint, type.utc)
    case 'binary':
      return (value) => Buffer.from(value as Uint8Array).toString('base64')
    case 'float32':
      return (value) => numberText(value as number, shortestFloat32(value as number))
    case 'float64':
      return (value) => numberText(value as number, String(value))
    default:
      return String
  }
}

/** The value as JSON. NaN and the infinities are no JSON: null, see `withoutJson`. */
export const jsonText = (type: ColumnType): Cell => {
  const plain = plainText(type)
  switch (type.kind) {
    case 'boolean':
    case 'int32':
    case 'int64':
    case 'decimal':
      return plain
    case 'float32':
    case 'float64':
      return (value) => (Number.isFinite(value) ? plain(value) : 'null')
    case 'json':
      // Between tokens a line break is white space; within a text it stands escaped.
      return (value) => (value as string).replace(/[\r\n]/g, ' ')
    default:
      return (value) => JSON.stringify(plain(value))
  }
}

/** The values of a batch that JSON has no number for. */
export const withoutJson = (fields: readonly Field[], batch: Batch): readonly ValueChange[] =>
  fields.flatMap((field, index) => {
    const column = batch.columns[index]
    if (!column || (field.type.kind !== 'float64' && field.type.kind !== 'float32')) return []
    const changes: ValueChange[] = []
    let row = 0
    for (const value of readColumn(field.type, column, batch.rows)) {
      if (value !== null && !Number.isFinite(value)) {
        const reason = 'DESTINATION_SERIALIZATION_ERROR'
        changes.push({ row, field: field.name, change: 'NULLED', reason, value: String(value) })
      }
      row++
    }
    return changes
  })

const numberText = (value: number, text: string): string => (Object.is(value, -0) ? '-0' : text)

/** As few digits as tell it from other 32-bit floats: 0.1, not the 0.10000000149011612 of the same double. */
const shortestFloat32 = (value: number): string => {
  for (let digits = 6; digits < 10; digits++) {
    const text = String(Number(value.toPrecision(digits)))
    if (Math.fround(Number(text)) === value) return text
  }
  return String(value)
}
