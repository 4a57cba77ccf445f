import type { Bounds, BoundsTracker } from './statistics.ts'

/** The values as words of 32 bits, little-endian as every processor that Node runs on; copied when they are not aligned. */
const wordsOf = (values: Uint8Array): Int32Array =>
  values.byteOffset % 4 === 0
    ? new Int32Array(values.buffer, values.byteOffset, values.length >> 2)
    : new Int32Array(values.slice().buffer, 0, values.length >> 2)

export class Int32Bounds implements BoundsTracker {
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY

  add(values: Uint8Array): void {
    const words = wordsOf(values)
    if (words.length === 0) return
    let min = words[0] as number
    let max = min
    for (let i = 1; i < words.length; i++) {
      const value = words[i] as number
      if (value < min) min = value
      if (value > max) max = value
    }
    if (min < this.#min) this.#min = min
    if (max > this.#max) this.#max = max
  }

  bounds(): Bounds | undefined {
    if (this.#min > this.#max) return undefined
    const [min, max] = [this.#min, this.#max].map((value) => {
      const bytes = Buffer.alloc(4)
      bytes.writeInt32LE(value)
      return bytes
    }) as [Buffer, Buffer]
    return { min, minExact: true, max, maxExact: true }
  }
}

/** Compared by halves: a bigint for each value would cost ten times as much. */
export class Int64Bounds implements BoundsTracker {
  #seen = false
  #minHigh = 0
  #minLow = 0
  #maxHigh = 0
  #maxLow = 0

  add(values: Uint8Array): void {
    const words = wordsOf(values)
    if (words.length === 0) return
    const seen = this.#seen
    let minHigh = seen ? this.#minHigh : (words[1] as number)
    let minLow = seen ? this.#minLow : (words[0] as number) >>> 0
    let maxHigh = seen ? this.#maxHigh : minHigh
    let maxLow = seen ? this.#maxLow : minLow
    for (let i = 0; i < words.length; i += 2) {
      const low = (words[i] as number) >>> 0
      const high = words[i + 1] as number
      if (high < minHigh || (high === minHigh && low < minLow)) {
        minHigh = high
        minLow = low
      }
      if (high > maxHigh || (high === maxHigh && low > maxLow)) {
        maxHigh = high
        maxLow = low
      }
    }
    this.#seen = true
    this.#minHigh = minHigh
    this.#minLow = minLow
    this.#maxHigh = maxHigh
    this.#maxLow = maxLow
  }

  bounds(): Bounds | undefined {
    if (!this.#seen) return undefined
    const min = Buffer.alloc(8)
    min.writeUInt32LE(this.#minLow, 0)
    min.writeInt32LE(this.#minHigh, 4)
    const max = Buffer.alloc(8)
    max.writeUInt32LE(this.#maxLow, 0)
    max.writeInt32LE(this.#maxHigh, 4)
    return { min, minExact: true, max, maxExact: true }
  }
}
