import type { CopyRows } from '../connector.ts'

const batchBytes = 1 << 20

/** Gathers rows of COPY BINARY as they are, for a destination that takes them so. */
export class CopyBatches {
  readonly #ready: CopyRows[] = []
  /** Given back: each new one would bring the garbage collector nearer. */
  readonly #free: Buffer[] = []
  #bytes: Buffer = Buffer.allocUnsafeSlow(batchBytes)
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
      const whole = this.#bytes
      const bytes = whole.subarray(0, this.#length)
      const ends = Int32Array.from(this.#ends)
      const release = () => {
        if (whole.length === batchBytes) this.#free.push(whole)
      }
      this.#ready.push({ rows: this.#ends.length, sourceBytes: this.#length, bytes, ends, release })
    }
    const free = rowBytes <= batchBytes ? this.#free.pop() : undefined
    this.#bytes = free ?? Buffer.allocUnsafeSlow(Math.max(batchBytes, rowBytes))
    this.#length = 0
    this.#ends = []
  }
}
