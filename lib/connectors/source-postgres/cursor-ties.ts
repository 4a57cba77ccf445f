import { hash } from 'node:crypto'
import { Scratch } from '../scratch.ts'

/** More rows than this at one cursor value are not remembered: they may be sent again. */
const maxTies = 10_000
/** Rows waiting to be hashed are kept as they are up to here. */
const pendingBytes = 256 << 10

/**
 * Remembers the rows at the cursor value that counts: the last one seen of an ordered read, or a known `target` of an
 * unordered one. Hashing every row would cost more than decoding it, so rows are only copied, and hashed when a state is
 * made; most values have one row, which is copied over the one before it.
 */
export class CursorTies {
  readonly #field: number
  readonly #fixed: boolean
  readonly #value = new Scratch()
  /** The first row at the value; the others wait in `#pending`. */
  readonly #first = new Scratch()
  #pending: Buffer[] = []
  #pendingBytes = 0
  #hashes: string[] | undefined = []

  /** `field` is the position of the cursor in the row. */
  constructor(field: number, target?: Buffer) {
    this.#field = field
    this.#fixed = target !== undefined
    if (target) this.#value.set(target, 0, target.length)
  }

  /** The cursor's bytes as in COPY BINARY, until the next row; undefined before the first row that has one. */
  get value(): Buffer | undefined {
    return this.#value.bytes
  }

  see(bytes: Buffer, from: number, end: number): void {
    const { at, length } = fieldOf(bytes, from, this.#field)
    if (length < 0) return
    if (!this.#value.equals(bytes, at, at + length)) {
      if (this.#fixed) return
      this.#value.set(bytes, at, at + length)
      this.#first.clear()
      if (this.#pending.length > 0) this.#pending = []
      this.#pendingBytes = 0
      if (this.#hashes?.length !== 0) this.#hashes = []
    }
    if (!this.#hashes) return
    if (this.#first.isEmpty) {
      this.#first.set(bytes, from, end)
      return
    }
    if (1 + this.#hashes.length + this.#pending.length >= maxTies) {
      this.#hashes = undefined
      this.#pending = []
      return
    }
    this.#pending.push(Buffer.from(bytes.subarray(from, end)))
    this.#pendingBytes += end - from
    if (this.#pendingBytes > pendingBytes) this.#hashPending()
  }

  /** Hashes of the rows at `value`; null when they are too many. */
  hashes(): string[] | null {
    this.#hashPending()
    if (!this.#hashes) return null
    const first = this.#first.bytes
    return first ? [rowHash(first), ...this.#hashes] : [...this.#hashes]
  }

  #hashPending(): void {
    for (const row of this.#pending) this.#hashes?.push(rowHash(row))
    this.#pending = []
    this.#pendingBytes = 0
  }
}

/** 72 bits are enough to tell ten thousand rows apart. */
export const rowHash = (row: Buffer): string => hash('sha1', row, 'base64').slice(0, 12)

/** Where a field of a row stands; length -1 = NULL. */
export const fieldOf = (bytes: Buffer, from: number, field: number): { at: number; length: number } => {
  let at = from + 2
  for (let i = 0; ; i++) {
    const length = bytes.readInt32BE(at)
    if (i === field) return { at: at + 4, length }
    at += 4 + Math.max(length, 0)
  }
}
