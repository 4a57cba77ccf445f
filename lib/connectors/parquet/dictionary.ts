/** Beyond these a dictionary costs a reader more than it saves. */
const mostEntries = 4096
const mostBytes = 128 << 10
/** A column whose values are mostly new has none: found out within its first values. */
const mostNew = 1 / 8
const alwaysAllowed = 32

/**
 * The different values of one column chunk in the order in which they came; rows refer to them by index (Parquet format,
 * Encodings, RLE_DICTIONARY = 8). Values are compared by their bytes, in the layout of column.ts.
 */
export class Dictionary {
  /** Bytes of a value; undefined when it has its length before it. */
  readonly #width: number | undefined
  #bytes = Buffer.allocUnsafeSlow(1024)
  #view = viewOf(this.#bytes)
  #length = 0
  /** Where each entry begins in `#bytes`. */
  readonly #starts: number[] = []
  /** Hash to index + 1; 0 = free. Twice as large as it needs to be at least. */
  #slots = new Uint16Array(128)
  #seen = 0
  #isGivenUp = false

  constructor(width: number | undefined) {
    this.#width = width
  }

  get size(): number {
    return this.#starts.length
  }

  /** All entries, one after the other: what a dictionary page holds. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** The index of each value; undefined when there are too many different ones, then and from then on. */
  indicesOf(values: Uint8Array, count: number): Uint16Array | undefined {
    if (this.#isGivenUp) return undefined
    const indices = new Uint16Array(count)
    const view = viewOf(values)
    let at = 0
    for (let row = 0; row < count; row++) {
      const end = at + (this.#width ?? 4 + view.getUint32(at, true))
      const isLarge = end - at > mostBytes
      if (!isLarge) indices[row] = this.#find(view, at, end)
      at = end
      if (isLarge || this.#isFull(this.#seen + row)) {
        this.#isGivenUp = true
        return undefined
      }
    }
    this.#seen += count
    return indices
  }

  /** The index of one value, whatever the limits. There must not be more than 2^16 of them. */
  indexOf(value: Uint8Array): number {
    return this.#find(viewOf(value), 0, value.length)
  }

  #isFull(seen: number): boolean {
    const { size } = this
    return size > alwaysAllowed + seen * mostNew || size > mostEntries || this.#length > mostBytes
  }

  #find(view: DataView, at: number, end: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hashOf(view, at, end) & mask
    for (;;) {
      const found = slots[slot] as number
      if (found === 0) return this.#add(view, at, end, slot)
      if (this.#equals(found - 1, view, at, end)) return found - 1
      slot = (slot + 1) & mask
    }
  }

  #equals(index: number, view: DataView, at: number, end: number): boolean {
    const start = this.#starts[index] as number
    const width = end - at
    if ((this.#starts[index + 1] ?? this.#length) - start !== width) return false
    const known = this.#view
    let i = 0
    for (; i + 4 <= width; i += 4) if (known.getInt32(start + i) !== view.getInt32(at + i)) return false
    for (; i < width; i++) if (known.getUint8(start + i) !== view.getUint8(at + i)) return false
    return true
  }

  #add(view: DataView, at: number, end: number, slot: number): number {
    const width = end - at
    if (this.#length + width > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + width))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
      this.#view = viewOf(larger)
    }
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + at, width), this.#length)
    this.#starts.push(this.#length)
    this.#length += width
    this.#slots[slot] = this.size
    if (this.size * 2 > this.#slots.length) this.#rehash()
    return this.size - 1
  }

  #rehash(): void {
    const slots = new Uint16Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (const [index, start] of this.#starts.entries()) {
      let slot = hashOf(this.#view, start, this.#starts[index + 1] ?? this.#length) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = index + 1
    }
    this.#slots = slots
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/** Word by word, with the last step of MurmurHash3. */
const hashOf = (view: DataView, at: number, end: number): number => {
  let hash = end - at
  let i = at
  for (; i + 4 <= end; i += 4) hash = Math.imul((hash ^ view.getInt32(i)) + 0x7f4a7c15, 0x9e3779b1) ^ (hash >>> 15)
  for (; i < end; i++) hash = Math.imul((hash ^ view.getUint8(i)) + 0x7f4a7c15, 0x9e3779b1) ^ (hash >>> 15)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
