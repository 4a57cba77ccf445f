import { once } from 'node:events'
import { createGzip } from 'node:zlib'
import { giveBuffer } from '../columns/buffer-pool.ts'
import type { Column } from '../columns/column.ts'
import type { ConstantColumn, Sink } from '../parquet/parquet-writer.ts'
import type { DataObject } from './data-object.ts'

/** Turns rows into lines. */
export interface RowText {
  /** Before the first row; may be empty. */
  readonly header: string
  /** Of the rows in order, some at a time. */
  lines(rows: number, columns: readonly (Column | ConstantColumn)[]): Iterator<string> & Iterable<string>
}

/** Lines of text, compressed or not. */
export class TextObject implements DataObject {
  readonly #text: RowText
  readonly #sink: Sink
  readonly #gzip: ReturnType<typeof createGzip> | undefined
  /** What the compressor gave, on its way to the sink. */
  readonly #drained: Promise<void> | undefined
  #begun = false
  #bytes = 0

  constructor(text: RowText, gzip: boolean, sink: Sink) {
    this.#text = text
    this.#sink = sink
    if (!gzip) return
    this.#gzip = createGzip({ chunkSize: 256 << 10 })
    this.#drained = this.#drain(this.#gzip)
    // Awaited by `finish`; a failure before it ends `write` too.
    this.#drained.catch(() => {})
  }

  get bytes(): number {
    return this.#bytes
  }

  async write(rows: number, columns: readonly (Column | ConstantColumn)[]): Promise<void> {
    for (const lines of this.#text.lines(rows, columns)) {
      await this.#put(this.#begun ? lines : this.#text.header + lines)
      this.#begun = true
    }
    for (const column of columns) {
      if ('constant' in column) continue
      giveBuffer(column.values)
      if (column.elements) giveBuffer(column.elements.values)
    }
  }

  async finish(): Promise<void> {
    if (!this.#begun) await this.#put(this.#text.header)
    this.#gzip?.end()
    await this.#drained
  }

  async #put(text: string): Promise<void> {
    const bytes = Buffer.from(text, 'utf8')
    if (!this.#gzip) await this.#give(bytes)
    else if (!this.#gzip.write(bytes)) await Promise.race([once(this.#gzip, 'drain'), this.#drained])
  }

  async #drain(gzip: AsyncIterable<Buffer>): Promise<void> {
    for await (const bytes of gzip) await this.#give(bytes)
  }

  async #give(bytes: Buffer): Promise<void> {
    this.#bytes += bytes.length
    await this.#sink(bytes)
  }
}
