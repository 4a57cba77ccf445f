import { IngestionError } from '../../errors.ts'
import { ColumnBuilder } from '../columns/column-builder.ts'
import type { Batch, StreamState, ValueChange } from '../connector.ts'
import type { Decode } from './decode.ts'
import { decoderOf } from './decode-value.ts'
import { firstValue, isNull, lengthBytes, longLength, shortLength, valuesAt } from './row-layout.ts'
import type { MappedColumn } from './type-mapping.ts'
import { type Wire, widthOf } from './wire.ts'

const batchRows = 8192
/** Rows may be large: a batch also ends here. */
const batchBytes = 8 << 20

type BatchColumn = Pick<MappedColumn, 'field' | 'inHex'>

/** Decodes rows of the binary protocol into columns and cuts them into batches. */
export class RowBatches {
  readonly #columns: readonly BatchColumn[]
  readonly #cursorColumns: 0 | 1
  readonly #builders: readonly ColumnBuilder[]
  readonly #ready: Batch[] = []
  readonly #stateNow: () => StreamState | undefined
  #decoders: readonly Decode[] = []
  #widths: readonly number[] = []
  #rows = 0
  #bytes = 0
  #readyBytes = 0
  #changes: ValueChange[] = []

  /** `cursorColumns` is 1 when the cursor's text stands before the columns; `stateNow` gives the state after the last row added. */
  constructor(columns: readonly BatchColumn[], cursorColumns: 0 | 1, stateNow: () => StreamState | undefined) {
    this.#columns = columns
    this.#cursorColumns = cursorColumns
    this.#builders = columns.map(() => new ColumnBuilder(batchRows))
    this.#stateNow = stateNow
  }

  /** So much that the server has to wait until somebody takes it. */
  get isFull(): boolean {
    return this.#ready.length > 1 || this.#readyBytes > batchBytes
  }

  /** Whole batches that nobody took yet. */
  get ready(): number {
    return this.#ready.length
  }

  take(): Batch | undefined {
    const batch = this.#ready.shift()
    this.#readyBytes -= batch?.sourceBytes ?? 0
    return batch
  }

  /** How the values of all rows to come are sent. Throws connector_config when a column cannot be read so. */
  expect(wires: readonly Wire[]): void {
    this.#widths = wires.map(widthOf)
    this.#decoders = this.#columns.map(({ field: { name, type }, inHex }, index) => {
      const wire = wires[index + this.#cursorColumns]
      const decoder = wire && decoderOf(wire, type, inHex)
      if (decoder) return decoder
      const message = `MySQL: "${name}" is ${type.kind} by the schema, and its values come as protocol type ${wire?.type} with ${wire?.decimals} decimals; list it in the stream's asText`
      throw new IngestionError('connector_config', message)
    })
  }

  /** One row as RowPackets hands it over; columns beyond the fields are not looked at. */
  add(bytes: Buffer, from: number, end: number): void {
    const widths = this.#widths
    const decoders = this.#decoders
    const builders = this.#builders
    const before = this.#cursorColumns
    const count = decoders.length
    let at = before > 0 ? endOfCursor(bytes, from, widths.length) : valuesAt(from, widths.length)
    for (let i = 0; i < count; i++) {
      if (isNull(bytes, from, i + before)) {
        ;(builders[i] as ColumnBuilder).appendNull()
        continue
      }
      let length = widths[i + before] as number
      if (length === 0) {
        length = bytes[at] as number
        if (length > shortLength) {
          const mark = length
          length = longLength(bytes, at)
          at += lengthBytes(mark)
        }
        at++
      }
      const leftOut = (decoders[i] as Decode)(builders[i] as ColumnBuilder, bytes, at, length)
      if (leftOut !== undefined) this.#leftOut(i, leftOut)
      at += length
    }
    if (at > end) throw new Error('a row of the binary protocol is longer than its packet')
    this.#rows++
    this.#bytes += end - from
    if (this.#rows === batchRows || this.#bytes >= batchBytes) this.#cut()
  }

  /** Hands over what is left. With `evenEmpty`, a batch of no rows carries the last state. */
  flush(evenEmpty: boolean): void {
    if (this.#rows > 0 || evenEmpty) this.#cut()
  }

  #leftOut(index: number, value: string): void {
    const field = (this.#columns[index] as BatchColumn).field.name
    this.#changes.push({ row: this.#rows, field, change: 'NULLED', reason: 'SOURCE_SERIALIZATION_ERROR', value })
  }

  #cut(): void {
    const state = this.#stateNow()
    this.#ready.push({
      rows: this.#rows,
      sourceBytes: this.#bytes,
      columns: this.#builders.map((builder) => builder.build()),
      ...(state ? { state } : {}),
      ...(this.#changes.length > 0 ? { changes: this.#changes } : {}),
    })
    this.#readyBytes += this.#bytes
    this.#rows = 0
    this.#bytes = 0
    this.#changes = []
  }
}

const endOfCursor = (bytes: Buffer, from: number, columns: number): number => {
  const { at, length } = firstValue(bytes, from, columns)
  return at + Math.max(length, 0)
}
