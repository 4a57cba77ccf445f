import { giveBuffer, takeBuffer } from './buffer-pool.ts'
import type { Column } from './column.ts'

const initialBytes = 1024
/** From here on one native copy beats a loop in JavaScript (measured: about 48 bytes). */
const nativeCopyBytes = 48

/**
 * Collects the values of one field, row by row, in the layouts of column.ts, and hands them over batch by batch.
 * One class for all types, so that the calls of a hot loop over columns stay monomorphic.
 */
export class ColumnBuilder {
  readonly #maxRows: number
  /** Where the first value begins. */
  readonly #headroom: number
  #bytes: Buffer
  #view: DataView
  /** Where the next value begins. */
  #length: number
  #rows = 0
  #nulls = 0
  #present: Uint8Array | undefined

  /** `maxRows` bounds one batch. */
  constructor(maxRows: number) {
    this.#maxRows = maxRows
    this.#headroom = headroomOf(maxRows)
    this.#length = this.#headroom
    this.#bytes = takeBuffer(this.#headroom + initialBytes)
    this.#view = viewOf(this.#bytes)
  }

  /** Bytes of values collected since the last `build`. */
  get length(): number {
    return this.#length - this.#headroom
  }

  appendNull(): void {
    this.#present ??= new Uint8Array(this.#maxRows).fill(1)
    this.#present[this.#rows++] = 0
    this.#nulls++
  }

  appendByte(value: number): void {
    if (this.#length + 1 > this.#bytes.length) this.#grow(1)
    this.#bytes[this.#length++] = value
    this.#rows++
  }

  appendInt32(value: number): void {
    if (this.#length + 4 > this.#bytes.length) this.#grow(4)
    this.#view.setInt32(this.#length, value, true)
    this.#length += 4
    this.#rows++
  }

  /** The two halves of a 64-bit integer; only the low 32 bits of each count. */
  appendInt64(high: number, low: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8)
    this.#view.setInt32(this.#length, low, true)
    this.#view.setInt32(this.#length + 4, high, true)
    this.#length += 8
    this.#rows++
  }

  appendBigInt64(value: bigint): void {
    this.appendInt64(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)))
  }

  /** Two's complement, 16 bytes big-endian: a decimal above precision 18. */
  appendBigInt128(value: bigint): void {
    if (this.#length + 16 > this.#bytes.length) this.#grow(16)
    this.#view.setBigInt64(this.#length, value >> 64n, false)
    this.#view.setBigUint64(this.#length + 8, BigInt.asUintN(64, value), false)
    this.#length += 16
    this.#rows++
  }

  appendFloat32(value: number): void {
    if (this.#length + 4 > this.#bytes.length) this.#grow(4)
    this.#view.setFloat32(this.#length, value, true)
    this.#length += 4
    this.#rows++
  }

  appendFloat64(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
    this.#rows++
  }

  /** A value of fixed width, as it stands in `source`. */
  appendFixed(source: Buffer, at: number, width: number): void {
    if (this.#length + width > this.#bytes.length) this.#grow(width)
    this.#copy(source, at, width)
    this.#rows++
  }

  /** A text, json or binary value of `width` bytes: its length goes before it. */
  appendBytes(source: Buffer, at: number, width: number): void {
    if (this.#length + 4 + width > this.#bytes.length) this.#grow(4 + width)
    this.#view.setUint32(this.#length, width, true)
    this.#length += 4
    this.#copy(source, at, width)
    this.#rows++
  }

  appendText(value: string): void {
    const bytes = Buffer.from(value, 'utf8')
    this.appendBytes(bytes, 0, bytes.length)
  }

  /** Takes the last values back, down to `length` bytes of them; only for a builder that is never asked for its rows. */
  truncate(length: number): void {
    this.#length = this.#headroom + length
  }

  /** The values so far; the builder is empty afterwards and never touches the returned buffers again. */
  build(): Column {
    const headroom = this.#headroom
    const values = this.#bytes.subarray(headroom, this.#length)
    const present = this.#nulls > 0 ? this.#present?.subarray(0, this.#rows) : undefined
    const column: Column = present ? { present, nulls: this.#nulls, values, headroom } : { nulls: 0, values, headroom }
    // The next batch is likely as large as this one: start with its size and a little more, so that it rarely grows.
    this.#bytes = takeBuffer(Math.max(headroom + initialBytes, this.#length + (this.#length >> 3)))
    this.#view = viewOf(this.#bytes)
    this.#length = headroom
    this.#rows = 0
    this.#nulls = 0
    this.#present = undefined
    return column
  }

  #copy(source: Buffer, at: number, width: number): void {
    const bytes = this.#bytes
    let to = this.#length
    if (width < nativeCopyBytes) {
      const end = at + width
      for (let from = at; from < end; from++) bytes[to++] = source[from] as number
    } else {
      source.copy(bytes, to, at, at + width)
    }
    this.#length += width
  }

  #grow(extra: number): void {
    const larger = takeBuffer(Math.max(this.#bytes.length * 2, this.#length + extra))
    this.#bytes.copy(larger, 0, 0, this.#length)
    giveBuffer(this.#bytes)
    this.#bytes = larger
    this.#view = viewOf(larger)
  }
}

/** Room for the definition levels of a page: a bit a row, and the lengths before them. In whole words, so that values stay aligned. */
const headroomOf = (rows: number): number => (Math.ceil(rows / 8) + 16 + 7) & ~7

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
