import type { Column, Field } from '../columns/column.ts'
import type { Codec } from './codec.ts'
import { type ChunkFacts, ColumnChunk, type ConstantColumn, type Sink, writeChunkFacts } from './column-chunk.ts'
import { schemaNodes } from './schema-element.ts'
import { ThriftWriter } from './thrift.ts'

export type { ConstantColumn, Sink } from './column-chunk.ts'

export interface ParquetOptions {
  readonly codec: Codec
  /** A row group ends at the first of these three; pages are those of all columns. Two groups are in memory at most, compressed. */
  readonly rowGroupRows?: number
  readonly rowGroupBytes?: number
  readonly rowGroupPages?: number
  /** Key-value metadata of the footer. */
  readonly metadata?: Readonly<Record<string, string>>
}

const magic = Buffer.from('PAR1')
/** Batches whose pages may still be compressing while the next is prepared. */
const batchesInFlight = 2

/**
 * Writes one Parquet file (format 2, version 1 data pages) to an append-only sink: one page a column for each batch.
 * Bytes reach the sink group by group while later batches are encoded.
 */
export class ParquetWriter {
  readonly #fields: readonly Field[]
  readonly #options: Required<ParquetOptions>
  readonly #out: Sink
  /** What the footer says of each group, in its bytes already: of 2,000 columns the facts would take as much as the data. */
  readonly #groups: Buffer[] = []
  #rows = 0
  readonly #compressing: Promise<unknown>[] = []
  #open: RowGroup
  #writing: Promise<void> = Promise.resolve()
  #offset = 0

  constructor(fields: readonly Field[], options: ParquetOptions, out: Sink) {
    this.#fields = fields
    this.#options = { rowGroupRows: 131_072, rowGroupBytes: 48 << 20, rowGroupPages: 16_384, metadata: {}, ...options }
    this.#out = out
    this.#open = new RowGroup(fields, options.codec)
  }

  /** Bytes given to the sink so far; up to one compressed row group less than the file will have. */
  get bytes(): number {
    return this.#offset
  }

  /** Resolves when more may come. The buffers of `columns` belong to the writer from now on. */
  async write(rows: number, columns: readonly (Column | ConstantColumn)[]): Promise<void> {
    if (rows === 0) return
    this.#compressing.push(this.#open.add(rows, columns))
    const { rowGroupRows, rowGroupBytes, rowGroupPages } = this.#options
    const group = this.#open
    if (group.rows >= rowGroupRows || group.rawBytes >= rowGroupBytes || group.pages >= rowGroupPages)
      await this.#close()
    while (this.#compressing.length > batchesInFlight) await this.#compressing.shift()
  }

  /** Writes what is left and the footer. Resolves to the file's size. */
  async finish(): Promise<number> {
    if (this.#open.rows > 0) await this.#close()
    await this.#writing
    if (this.#offset === 0) await this.#emit(magic)
    const footer = this.#footer()
    const tail = Buffer.alloc(8)
    tail.writeUInt32LE(footer.length, 0)
    magic.copy(tail, 4)
    await this.#emit(footer)
    await this.#emit(tail)
    return this.#offset
  }

  async #close(): Promise<void> {
    const group = this.#open
    this.#open = new RowGroup(this.#fields, this.#options.codec)
    await this.#writing
    this.#writing = this.#writeGroup(group)
    // Awaited by the next group or by `finish`; until then a failure must not count as unhandled.
    this.#writing.catch(() => {})
  }

  async #writeGroup(group: RowGroup): Promise<void> {
    if (this.#offset === 0) await this.#emit(magic)
    const offset = this.#offset
    const chunks: ChunkFacts[] = []
    for (const chunk of group.chunks) chunks.push(await chunk.write(this.#emit, this.#offset))
    this.#groups.push(this.#groupFacts(group.rows, offset, chunks))
    this.#rows += group.rows
  }

  readonly #emit: Sink = async (bytes) => {
    this.#offset += bytes.length
    await this.#out(bytes)
  }

  /** parquet.thrift, FileMetaData. */
  #footer(): Buffer {
    const thrift = new ThriftWriter()
    const typeDefinedOrder = () => thrift.struct(1, () => {})
    const metadata = Object.entries(this.#options.metadata)
    thrift.i32(1, 2)
    thrift.structs(2, [undefined, ...this.#fields.flatMap(schemaNodes)], (writeNode) => {
      if (writeNode) return writeNode(thrift)
      thrift.string(4, 'schema')
      thrift.i32(5, this.#fields.length)
    })
    thrift.i64(3, this.#rows)
    thrift.encoded(4, this.#groups)
    if (metadata.length > 0) {
      thrift.structs(5, metadata, ([key, value]) => {
        thrift.string(1, key)
        thrift.string(2, value)
      })
    }
    thrift.string(6, 'airbyte-ingestion')
    thrift.structs(7, this.#fields, typeDefinedOrder)
    return thrift.finish()
  }

  /** parquet.thrift, RowGroup. */
  #groupFacts(rows: number, offset: number, chunks: readonly ChunkFacts[]): Buffer {
    const thrift = new ThriftWriter()
    const total = (of: (chunk: ChunkFacts) => number) => chunks.reduce((sum, chunk) => sum + of(chunk), 0)
    const rawBytes = total((chunk) => chunk.rawBytes)
    const storedBytes = total((chunk) => chunk.storedBytes)
    thrift.structs(1, chunks, (chunk) => writeChunkFacts(thrift, chunk, this.#options.codec.id))
    thrift.i64(2, rawBytes)
    thrift.i64(3, rows)
    thrift.i64(5, offset)
    thrift.i64(6, storedBytes)
    return Buffer.from(thrift.finish())
  }
}

class RowGroup {
  readonly chunks: readonly ColumnChunk[]
  rows = 0
  rawBytes = 0
  pages = 0

  constructor(fields: readonly Field[], codec: Codec) {
    this.chunks = fields.map((field) => new ColumnChunk(field, codec))
  }

  /** Resolves when all pages of the batch are compressed; never rejects. */
  add(rows: number, columns: readonly (Column | ConstantColumn)[]): Promise<unknown> {
    this.rows += rows
    this.pages += this.chunks.length
    const stored: Promise<unknown>[] = []
    for (const [index, chunk] of this.chunks.entries()) {
      const column = columns[index]
      if (!column) throw new Error(`batch of ${columns.length} columns for a file of ${this.chunks.length}`)
      this.rawBytes += 'constant' in column ? 0 : column.values.length + (column.elements?.values.length ?? 0)
      stored.push(chunk.add(rows, column))
    }
    return Promise.allSettled(stored)
  }
}
