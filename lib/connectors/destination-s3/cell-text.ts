import type { Column, ColumnType, Field, ScalarType } from '../columns/column.ts'
import { readColumn, type ScalarValue, type Value } from '../columns/column-reader.ts'
import { float32Text, float64Text } from '../columns/float-text.ts'
import { dateText, timestampText, timeText } from '../columns/iso-text.ts'
import type { Batch, ValueChange } from '../connector.ts'
import type { ConstantColumn } from '../parquet/parquet-writer.ts'

/**
 * Rows are turned to text so many at a time: their texts are garbage before V8 takes them for something that stays, which
 * collecting them later costs a third of the processor time.
 */
export const sliceRows = 256

/** Gives one column as text, the next `count` rows at each call. */
export const cellReader = (type: ColumnType, column: Column | ConstantColumn, rows: number, cell: Cell): CellReader => {
  if ('constant' in column) {
    const [value = null] = readColumn(type, { nulls: 0, values: column.constant }, 1)
    const text = value === null ? undefined : cell(value)
    return (count) => new Array<string | undefined>(count).fill(text)
  }
  const values = readColumn(type, column, rows)
  return (count) => {
    const cells: (string | undefined)[] = []
    for (let row = 0; row < count; row++) {
      const { value } = values.next() as IteratorYieldResult<Value>
      cells.push(value === null ? undefined : cell(value))
    }
    return cells
  }
}

export type CellReader = (count: number) => Cells
/** A cell a row; undefined = NULL. */
export type Cells = readonly (string | undefined)[]
/** Undefined where the format has no text for the value, see `withoutJson`. */
export type Cell = (value: Exclude<Value, null>) => string | undefined

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
      return (value) => float32Text(value as number)
    case 'float64':
      return (value) => float64Text(value as number)
    case 'list':
      return jsonText(type)
    default:
      return String
  }
}

/** The value as JSON, which has no number for NaN and the infinities. */
export const jsonText = (type: ColumnType): Cell => {
  const plain = type.kind === 'list' ? String : plainText(type)
  switch (type.kind) {
    case 'boolean':
    case 'int32':
    case 'int64':
    case 'decimal':
      return plain
    case 'float32':
    case 'float64':
      return (value) => (Number.isFinite(value) ? plain(value) : undefined)
    case 'json':
      // Between tokens a line break is white space; within a text it stands escaped.
      return (value) => (value as string).replace(/[\r\n]/g, ' ')
    case 'list': {
      const element = jsonText(type.element)
      return (value) => {
        const texts = (value as readonly ScalarValue[]).map((one) => (one === null ? 'null' : element(one)))
        return texts.includes(undefined) ? undefined : `[${texts.join(',')}]`
      }
    }
    default:
      return (value) => JSON.stringify(plain(value))
  }
}

/** The values of a batch that JSON has no number for: with one such element, the whole list. `onlyLists` are written as JSON. */
export const withoutJson = (fields: readonly Field[], batch: Batch, onlyLists: boolean): readonly ValueChange[] =>
  fields.flatMap((field, index) => {
    const column = batch.columns[index]
    const { type } = field
    if (!column || !isFloat(type.kind === 'list' ? type.element : type)) return []
    if (onlyLists && type.kind !== 'list') return []
    const changes: ValueChange[] = []
    let row = 0
    for (const value of readColumn(field.type, column, batch.rows)) {
      if (value !== null && !(Array.isArray(value) ? value.every(isJsonNumber) : isJsonNumber(value))) {
        const reason = 'DESTINATION_SERIALIZATION_ERROR'
        changes.push({ row, field: field.name, change: 'NULLED', reason, value: shown(value) })
      }
      row++
    }
    return changes
  })

const shown = (value: Value): string => (Array.isArray(value) ? `[${value.map(String).join(',')}]` : String(value))

const isFloat = ({ kind }: ScalarType): boolean => kind === 'float32' || kind === 'float64'

const isJsonNumber = (value: unknown): boolean => value === null || Number.isFinite(value)
