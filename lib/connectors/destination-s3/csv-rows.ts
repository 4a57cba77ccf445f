import type { Column, Field } from '../columns/column.ts'
import { type Cell, cellsOf, plainText } from './cell-text.ts'
import type { ObjectColumns } from './data-object.ts'
import { jsonlRows } from './jsonl-rows.ts'
import { metadataText } from './metadata-columns.ts'
import type { RowText } from './text-object.ts'

/**
 * RFC 4180 with line feeds: NULL is an empty cell, an empty text is `""`. Not flattened, the stream's columns stand as one
 * JSON object in the column `_airbyte_data`.
 */
export const csvRows = ({ metadata, data }: ObjectColumns, flatten: boolean): RowText => {
  const isNested = metadata.length > 0 && !flatten
  const nested = jsonlRows({ metadata: [], data }, true)
  const single = isNested ? metadata : [...metadata, ...data]
  const texts = single.map(
    (field, index): Cell => (index < metadata.length ? metadataText(field) : plainText(field.type)),
  )
  const names = [...single.map((field) => field.name), ...(isNested ? ['_airbyte_data'] : [])]
  return {
    header: `${names.map(quoted).join(',')}\n`,
    lines(rows, columns) {
      const cells = single.map((field, index) =>
        cellsOf(field.type, columns[index] as Column, rows, quotedWhere(field, texts[index] ?? String)),
      )
      if (isNested) {
        const objects = nested.lines(rows, columns.slice(metadata.length)).split('\n')
        cells.push(Array.from({ length: rows }, (_, row) => quoted(objects[row] ?? '')))
      }
      let lines = ''
      for (let row = 0; row < rows; row++) {
        let line = ''
        for (let index = 0; index < cells.length; index++) {
          if (index > 0) line += ','
          line += cells[index]?.[row] ?? ''
        }
        lines += `${line}\n`
      }
      return lines
    },
  }
}

/** Only text can hold what needs quotes, and a list, which is written as JSON. */
const quotedWhere = (field: Field, text: Cell): Cell => {
  if (!['text', 'json', 'list'].includes(field.type.kind)) return text
  return (value) => {
    const plain = text(value)
    return plain === undefined ? undefined : quoted(plain)
  }
}

const needsQuotes = /^$|["\r\n,]|^\s|\s$/

const quoted = (text: string): string => (needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
