import { takeBuffer } from '../columns/buffer-pool.ts'
import type { Column } from '../columns/column.ts'
import type { CopyRows } from '../connector.ts'
import type { ValueWriter } from './value-writer.ts'

/** Signature, no flags, no header extension (PostgreSQL manual, COPY, Binary Format). */
export const copyHeader = Buffer.from([...Buffer.from('PGCOPY\n'), 0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0])
export const copyTrailer = Buffer.from([0xff, 0xff])

/** Rows encoded at a time: column by column, while their bytes stay in the processor's cache. */
const blockRows = 256

/** What each row begins with: the number of its fields and the metadata columns. */
export interface RowPrefix {
  readonly bytes: number
  /** Of one row, where it is not `bytes`. */
  sizeOf?(row: number): number
  write(row: number, out: Buffer, at: number): number
}

/** Rows of COPY BINARY from columns, in pooled buffers of some hundred rows, to be sent one after the other. */
export const encodeRows = (
  rows: number,
  prefix: RowPrefix,
  columns: readonly Column[],
  writers: readonly ValueWriter[],
): readonly Buffer[] => {
  for (const [index, writer] of writers.entries()) writer.begin(columns[index] as Column)
  const blocks: Buffer[] = []
  const places = new Int32Array(blockRows)
  for (let from = 0; from < rows; from += blockRows) {
    const to = Math.min(from + blockRows, rows)
    for (let row = from; row < to; row++) places[row - from] = prefix.sizeOf?.(row) ?? prefix.bytes
    for (const writer of writers) writer.measure(from, to, places)
    let total = 0
    for (let row = 0; row < to - from; row++) {
      const size = places[row] as number
      places[row] = total
      total += size
    }
    const out = takeBuffer(total).subarray(0, total)
    const view = new DataView(out.buffer, out.byteOffset, out.length)
    for (let row = from; row < to; row++) places[row - from] = prefix.write(row, out, places[row - from] as number)
    for (const writer of writers) writer.write(from, to, out, view, places)
    blocks.push(out)
  }
  return blocks
}

/** The rows as they are, each behind its prefix instead of its own number of fields, in a pooled buffer. */
export const prefixRows = ({ rows, bytes, ends }: CopyRows, prefix: RowPrefix): Buffer => {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const total = bytes.length + rows * (prefix.bytes - 2)
  const out = takeBuffer(total).subarray(0, total)
  let from = 0
  let at = 0
  for (let row = 0; row < rows; row++) {
    const end = ends[row] as number
    at = prefix.write(row, out, at)
    at += source.copy(out, at, from + 2, end)
    from = end
  }
  return out
}
