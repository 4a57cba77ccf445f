import { isUtf8 } from 'node:buffer'
import { giveBuffer } from '../columns/buffer-pool.ts'
import { scanJson, step } from './json-scan.ts'

export type JsonKind = 'object' | 'list' | 'text' | 'number' | 'boolean' | 'null'

/**
 * A JSON text and where its values are. A value is named by its place in `tape`, which has three numbers for each value and
 * each key, in their order: where it begins in `bytes`, where it ends, and for an object or list the place after all that is
 * in it, for a text whether it has escapes.
 */
export class JsonText {
  readonly bytes: Buffer
  readonly tape: Int32Array
  /** The values that are in no other: one, or one a line in NDJSON. */
  readonly roots: readonly number[]
  readonly #isSpaced: boolean
  readonly #open: ReadonlySet<number>

  /** Throws JsonFault. `mayBeCut`: see scanJson. */
  constructor(bytes: Buffer, mayBeCut = false) {
    const { tape, roots, isSpaced, open } = scanJson(bytes, mayBeCut)
    this.bytes = bytes
    this.tape = tape
    this.roots = roots
    this.#isSpaced = isSpaced
    this.#open = new Set(open)
  }

  /** Gives back its memory: nothing of it may be read any more. */
  release(): void {
    giveBuffer(this.bytes)
    giveBuffer(new Uint8Array(this.tape.buffer))
  }

  start(at: number): number {
    return this.tape[at] as number
  }

  end(at: number): number {
    return this.tape[at + 1] as number
  }

  kind(at: number): JsonKind {
    switch (this.bytes[this.start(at)]) {
      case 0x7b:
        return 'object'
      case 0x5b:
        return 'list'
      case 0x22:
        return 'text'
      case 0x74:
      case 0x66:
        return 'boolean'
      case 0x6e:
        return 'null'
      default:
        return 'number'
    }
  }

  isNull(at: number): boolean {
    return this.bytes[this.start(at)] === 0x6e
  }

  /** An object or list that is cut off: it ends with what is whole of it. */
  isOpen(at: number): boolean {
    return this.#open.has(at)
  }

  /** The place after a value and all that is in it. */
  next(at: number): number {
    const first = this.bytes[this.start(at)]
    return first === 0x7b || first === 0x5b ? (this.tape[at + 2] as number) : at + step
  }

  hasEscapes(at: number): boolean {
    return this.tape[at + 2] === 1
  }

  /** The values of a list. */
  elements(at: number): readonly number[] {
    const found: number[] = []
    const end = this.next(at)
    for (let element = at + step; element < end; element = this.next(element)) found.push(element)
    return found
  }

  /** Keys and values of an object, in their order. A key that stands twice is there twice. */
  members(at: number): readonly (readonly [key: string, value: number])[] {
    const found: [string, number][] = []
    const end = this.next(at)
    for (let key = at + step; key < end; key = this.next(key + step)) found.push([this.text(key), key + step])
    return found
  }

  /** The last member of an object with this key. */
  member(at: number, key: string): number | undefined {
    return this.members(at).findLast(([name]) => name === key)?.[1]
  }

  /** What a text says. It may hold half a surrogate pair. */
  text(at: number): string {
    if (this.hasEscapes(at)) return JSON.parse(this.bytes.toString('utf8', this.start(at), this.end(at)))
    return this.bytes.toString('utf8', this.start(at) + 1, this.end(at) - 1)
  }

  /** A value as it is written, without the spaces between its parts. */
  source(at: number): Buffer {
    return this.compacted(at) ?? this.bytes.subarray(this.start(at), this.end(at))
  }

  /** The same where it differs from the bytes between `start` and `end`. */
  compacted(at: number): Buffer | undefined {
    if (!this.#isSpaced || this.next(at) === at + step) return undefined
    return compact(this.bytes.subarray(this.start(at), this.end(at)))
  }

  /** A scalar as plain text, for a parameter of a request; undefined for null, objects and lists. */
  scalar(at: number | undefined): string | undefined {
    if (at === undefined) return undefined
    const kind = this.kind(at)
    if (kind === 'text') return this.text(at)
    return kind === 'number' || kind === 'boolean' ? this.source(at).toString() : undefined
  }
}

const compact = (json: Buffer): Buffer => {
  const result = Buffer.allocUnsafe(json.length)
  let length = 0
  let isText = false
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number
    if (isText && byte === 0x5c) result[length++] = json[at++] as number
    else if (byte === 0x22) isText = !isText
    else if (!isText && byte <= 0x20) continue
    result[length++] = json[at] as number
  }
  return result.subarray(0, length)
}

const byteOrderMark = Buffer.from('\ufeff')

/**
 * The bytes of an answer as JSON. They are UTF-8 by RFC 8259; only when they are not, and not UTF-16, counts the charset that
 * the answer names. Throws JsonFault, and CharsetFault when they are in no known charset.
 */
export const parseJson = (bytes: Buffer, charset?: string): JsonText => {
  const isUtf16 = /^utf-16/i.test(charset ?? '')
  return new JsonText(withoutMark(isUtf8(bytes) && !isUtf16 ? bytes : Buffer.from(decoded(bytes, charset))))
}

/** What is whole in the beginning of an answer; undefined when it is not UTF-8. Throws JsonFault. */
export const parseBeginning = (bytes: Buffer): JsonText | undefined => {
  let end = bytes.length
  // The last character may be cut.
  while (end > 0 && (bytes[end - 1] as number) >= 0x80) end--
  const text = bytes.subarray(0, end)
  return isUtf8(text) ? new JsonText(withoutMark(text), true) : undefined
}

const withoutMark = (text: Buffer): Buffer => (text.subarray(0, 3).equals(byteOrderMark) ? text.subarray(3) : text)

/** Bytes are no text. */
export class CharsetFault extends Error {
  override readonly name = 'CharsetFault'
}

const decoded = (bytes: Buffer, charset: string | undefined): string => {
  try {
    return new TextDecoder(charset ?? 'utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new CharsetFault(`not in the charset ${charset ?? 'UTF-8'}`, { cause })
  }
}
