import type { Column, Field } from '../columns/column.ts'
import { type Cell, cellReader, plainText, sliceRows } from './cell-text.ts'
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
    *lines(rows, columns) {
      const readers = single.map((field, index) =>
        cellReader(field.type, columns[index] as Column, rows, quotedWhere(field, texts[index] ?? String)),
      )
      const objects = nested.lines(rows, columns.slice(metadata.length))
      if (isNested) readers.push((count) => nextLines(objects, count).map(quoted))
      for (let done = 0; done < rows; done += sliceRows) {
        const count = Math.min(sliceRows, rows - done)
        const cells = readers.map((read) => read(count))
        let lines = ''
        for (let row = 0; row < count; row++) lines += `${cells.map((column) => column[row] ?? '').join(',')}\n`
        yield lines
      }
    },
  }
}

/** One slice of lines. */
const nextLines = (slices: Iterator<string>, count: number): readonly string[] =>
  (slices.next() as IteratorYieldResult<string>).value.split('\n', count)

/** Only text can hold what needs quotes, and a list, which is written as JSON; of bytes only none at all. */
const quotedWhere = (field: Field, text: Cell): Cell => {
  if (field.type.kind === 'binary') return (value) => text(value) || '""'
  if (!['text', 'json', 'list'].includes(field.type.kind)) return text
  return (value) => {
    const plain = text(value)
    return plain === undefined ? undefined : quoted(plain)
  }
}

const needsQuotes = /^$|["\r\n,]|^\s|\s$/

const quoted = (text: string): string => (needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
