import type { ScalarType } from '../columns/column.ts'
import { Int32Bounds, Int64Bounds } from './integer-bounds.ts'

/** Longest text bound that a file keeps; longer ones are shortened to a value still below the minimum or above the maximum. */
const boundBytes = 64

/** Smallest and largest value of a column chunk in PLAIN bytes (without the length of a text), for readers that skip. */
export interface Bounds {
  readonly min: Uint8Array
  readonly minExact: boolean
  /** Absent when no shortened value is above all others. */
  readonly max?: Uint8Array
  readonly maxExact: boolean
}

/** Follows the values of one column chunk, page by page. `values` are in the layout of column.ts. */
export interface BoundsTracker {
  add(values: Uint8Array): void
  /** Undefined when no value was seen that has an order. */
  bounds(): Bounds | undefined
}

export const trackBounds = (type: ScalarType): BoundsTracker => {
  switch (type.kind) {
    case 'boolean':
      return new FixedBounds(1, (view, a, b) => view.getUint8(a) - view.getUint8(b))
    case 'int32':
    case 'date':
      return new Int32Bounds()
    case 'int64':
    case 'time':
    case 'timestamp':
      return new Int64Bounds()
    case 'float32':
      return new FloatBounds(4)
    case 'float64':
      return new FloatBounds(8)
    case 'decimal':
      return type.precision <= 18 ? new Int64Bounds() : new FixedBounds(16, compareSigned16)
    case 'uuid':
      return new FixedBounds(16, compareUnsigned16)
    default:
      return new BytesBounds(type.kind !== 'binary')
  }
}

type CompareAt = (view: DataView, a: number, b: number) => number

const compareUnsigned16: CompareAt = (view, a, b) => {
  for (let i = 0; i < 16; i += 4) {
    const difference = view.getUint32(a + i) - view.getUint32(b + i)
    if (difference !== 0) return difference
  }
  return 0
}

const compareSigned16: CompareAt = (view, a, b) => view.getInt32(a) - view.getInt32(b) || compareUnsigned16(view, a, b)

/** Values of fixed width. The pages' extremes are found by position; only they are copied. */
class FixedBounds implements BoundsTracker {
  readonly #width: number
  readonly #compare: CompareAt
  readonly #extremes: Buffer
  #seen = false

  constructor(width: number, compare: CompareAt) {
    this.#width = width
    this.#compare = compare
    this.#extremes = Buffer.alloc(width * 2)
  }

  add(values: Uint8Array): void {
    const width = this.#width
    if (values.length === 0) return
    const compare = this.#compare
    const view = new DataView(values.buffer, values.byteOffset, values.length)
    let min = 0
    let max = 0
    for (let at = width; at < values.length; at += width) {
      if (compare(view, at, min) < 0) min = at
      else if (compare(view, at, max) > 0) max = at
    }
    this.#merge(values.subarray(min, min + width), values.subarray(max, max + width))
  }

  bounds(): Bounds | undefined {
    if (!this.#seen) return undefined
    const width = this.#width
    const [min, max] = [this.#extremes.subarray(0, width), this.#extremes.subarray(width)]
    return { min, minExact: true, max, maxExact: true }
  }

  #merge(min: Uint8Array, max: Uint8Array): void {
    const width = this.#width
    const four = Buffer.concat([this.#extremes, min, max])
    const view = new DataView(four.buffer, four.byteOffset, four.length)
    if (!this.#seen || this.#compare(view, 2 * width, 0) < 0) this.#extremes.set(min, 0)
    if (!this.#seen || this.#compare(view, 3 * width, width) > 0) this.#extremes.set(max, width)
    this.#seen = true
  }
}

/**
 * None for values among which is NaN: the format leaves it out, but DuckDB and Spark order it above all others, and would
 * skip it by a maximum, or take it for the only other value. Zeros get the sign that keeps both inside (parquet.thrift, ColumnOrder).
 */
class FloatBounds implements BoundsTracker {
  readonly #width: 4 | 8
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY
  #hasNaN = false

  constructor(width: 4 | 8) {
    this.#width = width
  }

  add(values: Uint8Array): void {
    const view = new DataView(values.buffer, values.byteOffset, values.length)
    const wide = this.#width === 8
    for (let at = 0; at < values.length; at += this.#width) {
      const value = wide ? view.getFloat64(at, true) : view.getFloat32(at, true)
      if (value < this.#min) this.#min = value
      if (value > this.#max) this.#max = value
      if (Number.isNaN(value)) this.#hasNaN = true
    }
  }

  bounds(): Bounds | undefined {
    if (this.#hasNaN || this.#min > this.#max) return undefined
    const min = this.#encoded(this.#min === 0 ? -0 : this.#min)
    const max = this.#encoded(this.#max === 0 ? 0 : this.#max)
    return { min, minExact: true, max, maxExact: true }
  }

  #encoded(value: number): Buffer {
    const bytes = Buffer.alloc(this.#width)
    if (this.#width === 8) bytes.writeDoubleLE(value)
    else bytes.writeFloatLE(value)
    return bytes
  }
}

/** Text, JSON and binary, ordered by unsigned bytes. */
class BytesBounds implements BoundsTracker {
  readonly #utf8: boolean
  #min: Buffer | undefined
  #max: Buffer | undefined

  constructor(utf8: boolean) {
    this.#utf8 = utf8
  }

  add(values: Uint8Array): void {
    if (values.length === 0) return
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.length)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let [minAt, minWidth, maxAt, maxWidth] = [-1, 0, -1, 0]
    let [minHead, maxHead] = [0, 0]
    for (let at = 0; at < bytes.length; ) {
      const width = view.getUint32(at, true)
      at += 4
      // The first four bytes as a number decide nearly every comparison.
      const head = width >= 4 ? view.getUint32(at, false) : shortHead(bytes, at, width)
      if (minAt < 0 || head < minHead || (head === minHead && compare(view, at, width, minAt, minWidth) < 0)) {
        ;[minAt, minWidth, minHead] = [at, width, head]
      }
      if (maxAt < 0 || head > maxHead || (head === maxHead && compare(view, at, width, maxAt, maxWidth) > 0)) {
        ;[maxAt, maxWidth, maxHead] = [at, width, head]
      }
      at += width
    }
    const min = bytes.subarray(minAt, minAt + minWidth)
    const max = bytes.subarray(maxAt, maxAt + maxWidth)
    if (!this.#min || Buffer.compare(min, this.#min) < 0) this.#min = beginningOf(min)
    if (!this.#max || Buffer.compare(max, this.#max) > 0) this.#max = beginningOf(max)
  }

  bounds(): Bounds | undefined {
    if (!this.#min || !this.#max) return undefined
    const min = shortened(this.#min, this.#utf8)
    const minExact = min.length === this.#min.length
    if (this.#max.length <= boundBytes) return { min, minExact, max: this.#max, maxExact: true }
    const max = above(shortened(this.#max, this.#utf8), this.#utf8)
    return max ? { min, minExact, max, maxExact: false } : { min, minExact, maxExact: false }
  }
}

/** A copy of what a bound is made of, and a byte more to tell that there is more: values may be of 100 MB, and files have many groups. */
const beginningOf = (value: Buffer): Buffer => Buffer.from(value.subarray(0, boundBytes + 1))

/** By words first: neighbours often begin alike, and a native call costs more than a few steps here. */
const compare = (view: DataView, a: number, aWidth: number, b: number, bWidth: number): number => {
  const shared = Math.min(aWidth, bWidth)
  let i = 0
  for (; i + 4 <= shared; i += 4) {
    const difference = view.getUint32(a + i) - view.getUint32(b + i)
    if (difference !== 0) return difference
  }
  for (; i < shared; i++) {
    const difference = view.getUint8(a + i) - view.getUint8(b + i)
    if (difference !== 0) return difference
  }
  return aWidth - bWidth
}

const shortHead = (bytes: Buffer, at: number, width: number): number => {
  let head = 0
  for (let i = 0; i < 4; i++) head = head * 256 + (i < width ? (bytes[at + i] as number) : 0)
  return head
}

/** At most `boundBytes`, never in the middle of a character. */
const shortened = (value: Buffer, utf8: boolean): Buffer => {
  if (value.length <= boundBytes) return value
  let end = boundBytes
  while (utf8 && end > 0 && ((value[end] as number) & 0xc0) === 0x80) end--
  return value.subarray(0, end)
}

/** The smallest short value above everything that begins with `prefix`. */
const above = (prefix: Buffer, utf8: boolean): Buffer | undefined => {
  if (!utf8) {
    const end = prefix.findLastIndex((byte) => byte < 0xff)
    if (end < 0) return undefined
    const larger = Buffer.from(prefix.subarray(0, end + 1))
    larger[end] = (larger[end] as number) + 1
    return larger
  }
  const points = Array.from(prefix.toString('utf8'), (character) => character.codePointAt(0) as number)
  for (let end = points.length - 1; end >= 0; end--) {
    const point = (points[end] as number) + 1
    if (point > 0x10ffff) continue
    // 0xD800 to 0xDFFF are no characters.
    const next = point >= 0xd800 && point <= 0xdfff ? 0xe000 : point
    return Buffer.from(String.fromCodePoint(...points.slice(0, end), next), 'utf8')
  }
  return undefined
}
