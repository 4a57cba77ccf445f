import { giveBuffer, takeBuffer } from '../columns/buffer-pool.ts'

/** Positions in JsonText.tape go in steps of this many numbers. */
export const step = 3

/** Why a text is no JSON. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault'
  /** The text ends too early: it was cut off. */
  readonly isCut: boolean
  readonly #found: string
  readonly #at: number

  constructor(bytes: Uint8Array, at: number) {
    super('not JSON')
    this.isCut = at >= bytes.length
    this.#found = this.isCut ? 'its end' : `"${Buffer.from(bytes.subarray(at, at + 20)).toString()}"`
    this.#at = at
  }

  /** `before`: so many bytes stood before those that were scanned. */
  describe(before: number): string {
    return `${this.#found} at byte ${this.#at + before} does not belong there`
  }
}

/** What a scan finds, see JsonText. */
export interface Scan {
  readonly tape: Int32Array
  readonly roots: readonly number[]
  readonly isSpaced: boolean
  /** The objects and lists that a text which is cut off leaves open, innermost first. */
  readonly open: readonly number[]
}

/** What may come next. */
const value = 0
const valueOrEnd = 1
const keyOrEnd = 2
const key = 3
const commaOrEnd = 4
const root = 5

/**
 * Finds every value of a text by RFC 8259, strictly, or of several texts on lines of their own (NDJSON). `bytes` must be UTF-8.
 * No value is made: numbers keep their digits, nothing is too deep, and most texts are copied as they stand later.
 * `mayBeCut`: the text may end anywhere; of what it ends in, the objects and lists count, with what is whole in them.
 * One long function: its variables live in registers, and every byte of every answer goes through here.
 */
export const scanJson = (bytes: Uint8Array, mayBeCut = false): Scan => {
  const roots: number[] = []
  // Few texts have more than a key or value in eight bytes.
  let tape = tapeOf(Math.max(64, (bytes.length >> 3) * step))
  let length = 0
  /** The innermost open object or list; the one around it stands where its end will. */
  let open = -1
  let expected = root
  let rootEnd = 0
  let isSpaced = false
  let at = 0
  try {
    for (;;) {
      let byte = 0
      while (at < bytes.length) {
        byte = bytes[at] as number
        if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
        isSpaced = true
        at++
      }
      if (at >= bytes.length) break
      if (length + step > tape.length) tape = grown(tape)

      if (byte === 0x2c && expected === commaOrEnd) {
        expected = bytes[tape[open] as number] === 0x7b ? key : value
        at++
        continue
      }
      if (byte === 0x5d || byte === 0x7d) {
        const isEnd = expected === commaOrEnd || expected === (byte === 0x5d ? valueOrEnd : keyOrEnd)
        if (!isEnd || bytes[tape[open] as number] !== byte - 2) throw new JsonFault(bytes, at)
        const around = tape[open + 1] as number
        tape[open + 1] = ++at
        tape[open + 2] = length
        open = around
      } else {
        if (expected === commaOrEnd) throw new JsonFault(bytes, at)
        if (expected === root) {
          if (roots.length > 0 && !bytes.subarray(rootEnd, at).includes(0x0a)) throw new JsonFault(bytes, at)
          roots.push(length)
        }
        const token = length
        const start = at
        let more = 0
        if (byte === 0x22) {
          for (at++; ; ) {
            const next = bytes[at] as number
            if (next === 0x22) break
            if (next === 0x5c) {
              at = escapeEnd(bytes, at)
              more = 1
            } else if (next >= 0x20) at++
            else throw new JsonFault(bytes, at)
          }
          at++
        } else if (expected === key || expected === keyOrEnd) throw new JsonFault(bytes, at)
        else if (byte === 0x7b || byte === 0x5b) at++
        else if (byte === 0x74) at = wordEnd(bytes, at, 'true')
        else if (byte === 0x66) at = wordEnd(bytes, at, 'false')
        else if (byte === 0x6e) at = wordEnd(bytes, at, 'null')
        else at = numberEnd(bytes, at)
        tape[token] = start
        tape[token + 1] = at
        tape[token + 2] = more
        length += step

        if (expected === key || expected === keyOrEnd) {
          while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) {
            isSpaced = true
            at++
          }
          if (bytes[at] !== 0x3a) throw new JsonFault(bytes, at)
          at++
          expected = value
          continue
        }
        if (byte === 0x7b || byte === 0x5b) {
          tape[token + 1] = open
          open = token
          expected = byte === 0x7b ? keyOrEnd : valueOrEnd
          continue
        }
      }
      expected = open === -1 ? root : commaOrEnd
      rootEnd = at
    }
    if (expected !== root) throw new JsonFault(bytes, at)
  } catch (fault) {
    if (!(mayBeCut && fault instanceof JsonFault && fault.isCut)) throw fault
  }
  const scan = { tape: tape.subarray(0, length), roots, isSpaced, open: [] }
  return mayBeCut ? closed(scan, bytes, open) : scan
}

/** What is whole of a text that is cut off, everything around it closed at its end. */
const closed = ({ tape, roots, isSpaced }: Scan, bytes: Uint8Array, innermost: number): Scan => {
  let length = tape.length
  const last = bytes[tape[length - step] as number] as number
  // More digits may follow.
  if (length > 0 && tape[length - step + 1] === bytes.length && (last === 0x2d || (last >= 0x30 && last <= 0x39)))
    length -= step
  if (innermost !== -1 && bytes[tape[innermost] as number] === 0x7b) length = membersEnd(tape, bytes, innermost, length)
  const open: number[] = []
  for (let at = innermost; at !== -1; ) {
    const around = tape[at + 1] as number
    tape[at + 1] = bytes.length
    tape[at + 2] = length
    open.push(at)
    at = around
  }
  return { tape: tape.subarray(0, length), roots: roots.filter((at) => at < length), isSpaced, open }
}

/** Where the members of an object that is cut off end, without a last key that has no value. */
const membersEnd = (tape: Int32Array, bytes: Uint8Array, object: number, length: number): number => {
  let key = object + step
  while (key + step < length) {
    const first = bytes[tape[key + step] as number]
    key = first === 0x7b || first === 0x5b ? (tape[key + step + 2] as number) : key + 2 * step
  }
  return key
}

const tapeOf = (length: number): Int32Array => {
  const { buffer } = takeBuffer(length * Int32Array.BYTES_PER_ELEMENT)
  return new Int32Array(buffer, 0, length)
}

const grown = (tape: Int32Array): Int32Array => {
  const larger = tapeOf(tape.length * 2)
  larger.set(tape)
  giveBuffer(new Uint8Array(tape.buffer))
  return larger
}

const wordEnd = (bytes: Uint8Array, at: number, word: string): number => {
  for (let index = 1; index < word.length; index++)
    if (bytes[at + index] !== word.charCodeAt(index)) throw new JsonFault(bytes, at + index)
  return at + word.length
}

const escapeEnd = (bytes: Uint8Array, at: number): number => {
  const letter = String.fromCharCode(bytes[at + 1] ?? 0)
  if ('"\\/bfnrt'.includes(letter)) return at + 2
  if (letter !== 'u') throw new JsonFault(bytes, at + 1)
  for (let digit = at + 2; digit < at + 6; digit++)
    if (!/[\da-f]/i.test(String.fromCharCode(bytes[digit] ?? 0))) throw new JsonFault(bytes, digit)
  return at + 6
}

const numberEnd = (bytes: Uint8Array, start: number): number => {
  let at = bytes[start] === 0x2d ? start + 1 : start
  at = bytes[at] === 0x30 ? at + 1 : digitsEnd(bytes, at)
  if (bytes[at] === 0x2e) at = digitsEnd(bytes, at + 1)
  if (bytes[at] !== 0x65 && bytes[at] !== 0x45) return at
  const sign = bytes[at + 1]
  return digitsEnd(bytes, sign === 0x2b || sign === 0x2d ? at + 2 : at + 1)
}

const digitsEnd = (bytes: Uint8Array, start: number): number => {
  let at = start
  while ((bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++
  if (at === start) throw new JsonFault(bytes, at)
  return at
}
