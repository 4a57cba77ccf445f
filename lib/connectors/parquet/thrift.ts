/** Type numbers of Thrift's compact protocol, as far as Parquet's metadata uses them. */
export const wireType = { true: 1, false: 2, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const

/** Writes Thrift compact protocol: fields of a struct in ascending id, optional ones left out. */
export class ThriftWriter {
  #bytes = Buffer.allocUnsafe(512)
  #length = 0
  #lastId = 0

  bool(id: number, value: boolean): void {
    this.#field(id, value ? wireType.true : wireType.false)
  }

  i32(id: number, value: number): void {
    this.#field(id, wireType.i32)
    this.#zigzag(value)
  }

  /** `value` is a whole number up to 2^53. */
  i64(id: number, value: number): void {
    this.#field(id, wireType.i64)
    this.#zigzag(value)
  }

  binary(id: number, value: Uint8Array): void {
    this.#field(id, wireType.binary)
    this.#lengthAndBytes(value)
  }

  string(id: number, value: string): void {
    this.binary(id, Buffer.from(value, 'utf8'))
  }

  struct(id: number, fields: () => void): void {
    this.#field(id, wireType.struct)
    this.#nested(fields)
  }

  structs<T>(id: number, items: readonly T[], fields: (item: T, index: number) => void): void {
    this.#list(id, wireType.struct, items.length)
    for (const [index, item] of items.entries()) this.#nested(() => fields(item, index))
  }

  /** Structs that other writers have written to their end. */
  encoded(id: number, items: readonly Uint8Array[]): void {
    this.#list(id, wireType.struct, items.length)
    for (const item of items) this.#append(item)
  }

  i32s(id: number, items: readonly number[]): void {
    this.#list(id, wireType.i32, items.length)
    for (const item of items) this.#zigzag(item)
  }

  strings(id: number, items: readonly string[]): void {
    this.#list(id, wireType.binary, items.length)
    for (const item of items) this.#lengthAndBytes(Buffer.from(item, 'utf8'))
  }

  /** Ends the outermost struct. */
  finish(): Buffer {
    this.#byte(0)
    return this.#bytes.subarray(0, this.#length)
  }

  #nested(fields: () => void): void {
    const outer = this.#lastId
    this.#lastId = 0
    fields()
    this.#byte(0)
    this.#lastId = outer
  }

  #field(id: number, type: number): void {
    const delta = id - this.#lastId
    this.#lastId = id
    this.#byte((delta << 4) | type)
  }

  #list(id: number, type: number, size: number): void {
    this.#field(id, wireType.list)
    if (size < 15) this.#byte((size << 4) | type)
    else {
      this.#byte(0xf0 | type)
      this.#varint(size)
    }
  }

  #lengthAndBytes(value: Uint8Array): void {
    this.#varint(value.length)
    this.#append(value)
  }

  #append(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  #zigzag(value: number): void {
    this.#varint(value < 0 ? -value * 2 - 1 : value * 2)
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#byte((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.#byte(rest)
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  #reserve(extra: number): void {
    if (this.#length + extra <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + extra))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
