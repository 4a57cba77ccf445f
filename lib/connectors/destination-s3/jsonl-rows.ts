import type { Column } from '../columns/column.ts'
import type { ConstantColumn } from '../parquet/parquet-writer.ts'
import { type Cells, cellReader, jsonText, sliceRows } from './cell-text.ts'
import type { ObjectColumns } from './data-object.ts'
import { metadataText } from './metadata-columns.ts'
import type { RowText } from './text-object.ts'

/** One JSON object a line. Not flattened, the stream's columns stand in `_airbyte_data` beside the metadata. */
export const jsonlRows = ({ metadata, data }: ObjectColumns, flatten: boolean): RowText => {
  const all = [...metadata, ...data]
  const keys = all.map((field) => `${JSON.stringify(field.name)}:`)
  const texts = all.map((field, index) => (index < metadata.length ? metadataText(field) : jsonText(field.type)))
  const isNested = metadata.length > 0 && !flatten
  const memberOf = (cells: readonly Cells[], row: number, index: number) =>
    `${keys[index]}${cells[index]?.[row] ?? 'null'}`
  const lineOf = (cells: readonly Cells[], row: number): string => {
    let line = '{'
    for (let index = 0; index < all.length; index++) {
      if (index > 0) line += ','
      if (isNested && index === metadata.length) line += '"_airbyte_data":{'
      line += memberOf(cells, row, index)
    }
    if (isNested) line += data.length > 0 ? '}' : ',"_airbyte_data":{}'
    return `${line}}`
  }
  return {
    header: '',
    *lines(rows, columns: readonly (Column | ConstantColumn)[]) {
      const readers = all.map((field, index) =>
        cellReader(field.type, columns[index] as Column, rows, texts[index] ?? String),
      )
      for (let done = 0; done < rows; done += sliceRows) {
        const count = Math.min(sliceRows, rows - done)
        const cells = readers.map((read) => read(count))
        let lines = ''
        for (let row = 0; row < count; row++) lines += `${lineOf(cells, row)}\n`
        yield lines
      }
    },
  }
}
