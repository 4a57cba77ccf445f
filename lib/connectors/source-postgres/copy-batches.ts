import { giveBuffer, takeBuffer } from '../columns/buffer-pool.ts'
import type { CopyRows } from '../connector.ts'

const batchBytes = 1 << 20

/** Gathers rows of COPY BINARY as they are, for a destination that takes them so. */
export class CopyBatches {
  readonly #ready: CopyRows[] = []
  #bytes = takeBuffer(batchBytes)
  #length = 0
  #ends: number[] = []

  /** Whole batches that nobody took yet. */
  get ready(): number {
    return this.#ready.length
  }

  take(): CopyRows | undefined {
    return this.#ready.shift()
  }

  add(bytes: Buffer, from: number, end: number): void {
    if (this.#length + end - from > this.#bytes.length) this.#cut(end - from)
    this.#length += bytes.copy(this.#bytes, this.#length, from, end)
    this.#ends.push(this.#length)
  }

  /** Hands over what is left. */
  flush(): void {
    this.#cut(0)
  }

  /** Makes room for a row of `rowBytes`, which may be larger than a batch. */
  #cut(rowBytes: number): void {
    if (this.#ends.length > 0) {
      const bytes = this.#bytes.subarray(0, this.#length)
      this.#ready.push({ rows: this.#ends.length, sourceBytes: this.#length, bytes, ends: Int32Array.from(this.#ends) })
      this.#bytes = takeBuffer(Math.max(batchBytes, rowBytes))
    } else if (rowBytes > this.#bytes.length) {
      giveBuffer(this.#bytes)
      this.#bytes = takeBuffer(rowBytes)
    }
    this.#length = 0
    this.#ends = []
  }
}
