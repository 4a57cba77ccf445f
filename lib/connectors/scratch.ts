/** Bytes that are copied over those before them: nothing is allocated for the next row. */
export class Scratch {
  #memory = Buffer.allocUnsafeSlow(64)
  #length = -1

  get isEmpty(): boolean {
    return this.#length < 0
  }

  /** What was set last, until it is set again. */
  get bytes(): Buffer | undefined {
    return this.isEmpty ? undefined : this.#memory.subarray(0, this.#length)
  }

  set(source: Buffer, from: number, end: number): void {
    this.#length = end - from
    if (this.#memory.length < this.#length) this.#memory = Buffer.allocUnsafeSlow(this.#length * 2)
    source.copy(this.#memory, 0, from, end)
  }

  clear(): void {
    this.#length = -1
  }

  equals(source: Buffer, from: number, end: number): boolean {
    return this.#length === end - from && source.compare(this.#memory, 0, this.#length, from, end) === 0
  }
}
