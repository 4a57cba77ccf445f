import type { ColumnBuilder } from '../columns/column-builder.ts'

const quote = 0x22
const backslash = 0x5c
const firstPrintable = 0x20
/** From here on one native copy beats a loop. */
const nativeCopyBytes = 48

/** One JSON text in bytes, each begun over the one before: no string is made of what is text already. */
export class JsonBytes {
  #bytes = Buffer.allocUnsafeSlow(4096)
  #length = 0

  begin(): void {
    this.#length = 0
  }

  appendTo(builder: ColumnBuilder): void {
    builder.appendBytes(this.#bytes, 0, this.#length)
  }

  ascii(text: string): void {
    this.#reserve(text.length)
    const bytes = this.#bytes
    let at = this.#length
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
    this.#length = at
  }

  /** Bytes that are JSON. */
  copy(source: Buffer, from: number, end: number): void {
    this.#reserve(end - from)
    if (end - from < nativeCopyBytes) {
      const bytes = this.#bytes
      let at = this.#length
      for (let i = from; i < end; i++) bytes[at++] = source[i] as number
    } else source.copy(this.#bytes, this.#length, from, end)
    this.#length += end - from
  }

  /** UTF-8 as a JSON string. */
  string(source: Buffer, from: number, end: number): void {
    this.ascii('"')
    let copied = from
    for (let i = from; i < end; i++) {
      const byte = source[i] as number
      if (byte >= firstPrintable && byte !== quote && byte !== backslash) continue
      this.copy(source, copied, i)
      this.ascii(JSON.stringify(String.fromCharCode(byte)).slice(1, -1))
      copied = i + 1
    }
    this.copy(source, copied, end)
    this.ascii('"')
  }

  #reserve(extra: number): void {
    if (this.#length + extra <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow((this.#length + extra) * 2)
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
