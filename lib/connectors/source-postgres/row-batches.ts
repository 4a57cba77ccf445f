import { ColumnBuilder } from '../columns/column-builder.ts'
import { ElementBuilder } from '../columns/element-builder.ts'
import type { Batch, StreamState, ValueChange } from '../connector.ts'
import { listDecoder } from './decode-list.ts'
import { type Decode, decoderOf } from './decode-value.ts'
import type { PlannedColumn } from './stream-plan.ts'

const batchRows = 8192
/** Rows may be large: a batch also ends here. */
const batchBytes = 8 << 20

/** Decodes rows of COPY BINARY into columns and cuts them into batches. */
export class RowBatches {
  readonly #names: readonly string[]
  readonly #decoders: readonly Decode[]
  readonly #builders: readonly ColumnBuilder[]
  /** Of list columns, by their position. */
  readonly #elements: readonly (ElementBuilder | undefined)[]
  readonly #ready: Batch[] = []
  readonly #stateNow: () => StreamState | undefined
  #rows = 0
  #bytes = 0
  #changes: ValueChange[] = []

  /** `stateNow` gives the state after the row that was added last. */
  constructor(columns: readonly PlannedColumn[], stateNow: () => StreamState | undefined) {
    this.#names = columns.map(({ field }) => field.name)
    this.#elements = columns.map(({ field }) => (field.type.kind === 'list' ? new ElementBuilder() : undefined))
    this.#decoders = columns.map(({ mapping: { type, wire } }, index) =>
      type.kind === 'list' ? listDecoder(type, wire, this.#elements[index] as ElementBuilder) : decoderOf(type, wire),
    )
    this.#builders = columns.map(() => new ColumnBuilder(batchRows))
    this.#stateNow = stateNow
  }

  /** Whole batches that nobody took yet. */
  get ready(): number {
    return this.#ready.length
  }

  take(): Batch | undefined {
    return this.#ready.shift()
  }

  /** One row as CopyOut hands it over; fields beyond the columns are skipped. */
  add(bytes: Buffer, from: number, end: number): void {
    const decoders = this.#decoders
    const builders = this.#builders
    const count = decoders.length
    let at = from + 2
    for (let i = 0; i < count; i++) {
      const length =
        ((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number)
      at += 4
      if (length < 0) {
        ;(builders[i] as ColumnBuilder).appendNull()
        continue
      }
      const leftOut = (decoders[i] as Decode)(builders[i] as ColumnBuilder, bytes, at, length)
      if (leftOut !== undefined) this.#leftOut(i, leftOut)
      at += length
    }
    if (at > end) throw new Error('a row of COPY BINARY is longer than its message')
    this.#rows++
    this.#bytes += end - from
    if (this.#rows === batchRows || this.#bytes >= batchBytes) this.#cut()
  }

  /** Hands over what is left. With `evenEmpty`, a batch of no rows carries the last state. */
  flush(evenEmpty: boolean): void {
    if (this.#rows > 0 || evenEmpty) this.#cut()
  }

  #leftOut(column: number, value: string): void {
    const field = this.#names[column] as string
    this.#changes.push({ row: this.#rows, field, change: 'NULLED', reason: 'SOURCE_SERIALIZATION_ERROR', value })
  }

  #cut(): void {
    const state = this.#stateNow()
    this.#ready.push({
      rows: this.#rows,
      sourceBytes: this.#bytes,
      columns: this.#builders.map((builder, index) => {
        const elements = this.#elements[index]?.build()
        return elements ? { ...builder.build(), elements } : builder.build()
      }),
      ...(state ? { state } : {}),
      ...(this.#changes.length > 0 ? { changes: this.#changes } : {}),
    })
    this.#rows = 0
    this.#bytes = 0
    this.#changes = []
  }
}
