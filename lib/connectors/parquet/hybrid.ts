import { varint } from './levels.ts'

/** Equal values in a row from which a run is shorter than packing them. */
const shortestRun = 32

/** Bits that hold any number below `count`; at least one, since not every reader takes none. */
export const bitsFor = (count: number): number => Math.max(1, 32 - Math.clz32(count - 1))

/**
 * Numbers below 2^16 in the RLE/bit-packing hybrid of the Parquet format (Encodings, RLE = 3): runs of an equal value, and
 * else groups of eight, each value `bitWidth` bits wide.
 */
export const hybrid = (values: Uint16Array, bitWidth: number): Uint8Array => {
  const out = new HybridWriter(values, bitWidth)
  /** Up to here all is written. */
  let done = 0
  for (let at = 0; at < values.length; ) {
    const value = values[at] as number
    let end = at + 1
    while (end < values.length && values[end] === value) end++
    // Packed are whole groups of eight: what the last one lacks is taken from the run.
    const start = at + ((8 - ((at - done) & 7)) & 7)
    if (end - start >= shortestRun) {
      out.pack(done, start)
      out.run(end - start, value)
      done = end
    }
    at = end
  }
  out.pack(done, values.length)
  return out.finish()
}

class HybridWriter {
  readonly #values: Uint16Array
  readonly #bitWidth: number
  readonly #bytes: Buffer
  #length = 0

  constructor(values: Uint16Array, bitWidth: number) {
    this.#values = values
    this.#bitWidth = bitWidth
    // All of it packed; each run takes no more than what it replaces, beside the lengths.
    this.#bytes = Buffer.allocUnsafe(Math.ceil(values.length / 8) * bitWidth + (values.length >> 2) + 16)
  }

  run(count: number, value: number): void {
    this.#header(count * 2)
    for (let bits = 0; bits < this.#bitWidth; bits += 8) this.#bytes[this.#length++] = value >> bits
  }

  /** The last group of all may be short: the rest of it is zeros. */
  pack(from: number, end: number): void {
    if (from === end) return
    const groups = Math.ceil((end - from) / 8)
    this.#header(groups * 2 + 1)
    const bytes = this.#bytes
    const width = this.#bitWidth
    let length = this.#length
    let waiting = 0
    let bits = 0
    for (let at = from; at < end; at++) {
      waiting |= (this.#values[at] as number) << bits
      bits += width
      while (bits >= 8) {
        bytes[length++] = waiting
        waiting >>>= 8
        bits -= 8
      }
    }
    const groupsEnd = this.#length + groups * width
    while (length < groupsEnd) {
      bytes[length++] = waiting
      waiting = 0
    }
    this.#length = length
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #header(value: number): void {
    for (const byte of varint(value)) this.#bytes[this.#length++] = byte
  }
}
