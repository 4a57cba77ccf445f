import { hash } from 'node:crypto'
import { Scratch } from '../scratch.ts'
import { firstValue } from './row-layout.ts'

/** From here on the rows of one cursor value are not told apart any more: they may be sent twice. */
const maxHashes = 10_000
/** Rows waiting to be hashed are kept as they are up to here. */
const pendingBytes = 256 << 10

/** Where an incremental read stands. `hashes` names the rows at `cursor` that were sent. */
export interface Position {
  /** Null while only rows without a cursor were seen. */
  readonly cursor: string | null
  readonly hashes: readonly string[]
}

/**
 * Follows a read in cursor order and knows the rows that carry the cursor value reached so far, so that a later read can
 * begin at that very value and send neither a row twice nor miss one that came later with the same value.
 * Hashing every row would cost more than decoding it, so rows are only copied, and hashed when a position is asked for;
 * most values have one row, which is copied over the one before it.
 */
export class Boundary {
  /** Where this read began: the cursor's bytes, and the rows sent at it. */
  readonly #start: Buffer | undefined
  readonly #sent: readonly string[]
  /** Of `#sent`, the rows still expected again, by hash: equal rows count one by one. */
  readonly #known = new Map<string, number>()
  /** The cursor reached, and whether it is the one of the start. */
  readonly #cursor = new Scratch()
  #isAtStart = true
  #hashes: string[]
  /** The first row at the cursor; the others wait in `#pending`. */
  readonly #first = new Scratch()
  #pending: Buffer[] = []
  #pendingBytes = 0

  constructor(start: Position | undefined) {
    const cursor = start?.cursor ?? null
    this.#start = cursor === null ? undefined : Buffer.from(cursor, 'utf8')
    if (this.#start) this.#cursor.set(this.#start, 0, this.#start.length)
    this.#sent = start?.hashes ?? []
    this.#hashes = [...this.#sent]
    for (const known of this.#sent) this.#known.set(known, (this.#known.get(known) ?? 0) + 1)
  }

  /** Takes the next row of so many columns, whose first is its cursor as text; false when an earlier read has sent it already. */
  admits(bytes: Buffer, from: number, end: number, columns: number): boolean {
    const { at, length } = firstValue(bytes, from, columns)
    if (length < 0) return true
    if (!this.#cursor.equals(bytes, at, at + length)) this.#moveTo(bytes, at, at + length)
    if (this.#isAtStart && this.#known.size > 0) {
      const known = rowHash(bytes.subarray(from, end))
      const left = this.#known.get(known) ?? 0
      if (left > 1) this.#known.set(known, left - 1)
      else this.#known.delete(known)
      if (left > 0) return false
    }
    this.#keep(bytes, from, end)
    return true
  }

  /** After all rows taken so far. */
  get position(): Position {
    this.#hashPending()
    return { cursor: this.#cursor.bytes?.toString('utf8') ?? null, hashes: [...this.#hashes] }
  }

  #keep(bytes: Buffer, from: number, end: number): void {
    const waiting = this.#pending.length + (this.#first.isEmpty ? 0 : 1)
    if (this.#hashes.length + waiting >= maxHashes) return
    if (waiting === 0) {
      this.#first.set(bytes, from, end)
      return
    }
    this.#pending.push(Buffer.from(bytes.subarray(from, end)))
    this.#pendingBytes += end - from
    if (this.#pendingBytes > pendingBytes) this.#hashPending()
  }

  #hashPending(): void {
    const first = this.#first.bytes
    if (first) this.#hashes.push(rowHash(first))
    for (const row of this.#pending) this.#hashes.push(rowHash(row))
    this.#first.clear()
    this.#pending = []
    this.#pendingBytes = 0
  }

  #moveTo(bytes: Buffer, at: number, end: number): void {
    this.#cursor.set(bytes, at, end)
    // With a lookback the read begins below the value where the last one ended, and comes to it here.
    this.#isAtStart = this.#start !== undefined && this.#cursor.equals(this.#start, 0, this.#start.length)
    if (this.#isAtStart) this.#hashes = [...this.#sent]
    else if (this.#hashes.length > 0) this.#hashes = []
    this.#first.clear()
    if (this.#pending.length > 0) this.#pending = []
    this.#pendingBytes = 0
  }
}

/** 132 bits: rows are told apart whoever made them. */
const rowHash = (row: Buffer): string => hash('sha256', row, 'base64url').slice(0, 22)
