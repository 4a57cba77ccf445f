import { createHash } from 'node:crypto'
import type { Row } from './row-stream.ts'

/** From here on the rows of one cursor value are not told apart any more: they may be sent twice. */
const maxHashes = 10_000

/** Where an incremental read stands. `hashes` names the rows at `cursor` that were sent. */
export interface Position {
  /** Null while only rows without a cursor were seen. */
  readonly cursor: string | null
  readonly hashes: readonly string[]
}

/**
 * Follows a read in cursor order and knows the rows that carry the cursor value reached so far, so that a later read can
 * begin at that very value and send neither a row twice nor miss one that came later with the same value.
 */
export class Boundary {
  #cursor: string | null
  #hashes: string[]
  #pending: Row[] = []
  /** Rows still expected again at the value where this read began, by hash: equal rows count one by one. */
  readonly #known = new Map<string, number>()
  readonly #start: string | null
  readonly #sent: readonly string[]
  #last: Buffer | undefined

  constructor(start: Position | undefined) {
    this.#cursor = start?.cursor ?? null
    this.#start = this.#cursor
    this.#sent = start?.hashes ?? []
    this.#hashes = [...this.#sent]
    for (const hash of this.#hashes) this.#known.set(hash, (this.#known.get(hash) ?? 0) + 1)
  }

  /** Takes the next row, whose last cell is its cursor; false when an earlier read has sent it already. */
  admits(row: Row): boolean {
    const cell = row[row.length - 1] ?? null
    if (cell === null) return true
    if (!this.#last || !cell.equals(this.#last)) this.#moveTo(cell)
    if (this.#cursor === this.#start && this.#known.size > 0) {
      const hash = hashOf(row)
      const left = this.#known.get(hash) ?? 0
      if (left > 1) this.#known.set(hash, left - 1)
      else this.#known.delete(hash)
      if (left > 0) return false
    }
    if (this.#hashes.length + this.#pending.length < maxHashes) this.#pending.push(row)
    return true
  }

  /** After all rows taken so far. */
  get position(): Position {
    for (const row of this.#pending) this.#hashes.push(hashOf(row))
    this.#pending = []
    return { cursor: this.#cursor, hashes: [...this.#hashes] }
  }

  #moveTo(cell: Buffer): void {
    this.#last = cell
    const cursor = cell.toString('utf8')
    if (cursor === this.#cursor) return
    this.#cursor = cursor
    // With a lookback the read begins below the value where the last one ended, and comes to it here.
    this.#hashes = cursor === this.#start ? [...this.#sent] : []
    this.#pending = []
  }
}

const lengthBytes = Buffer.alloc(4)

const hashOf = (row: Row): string => {
  const hash = createHash('sha256')
  for (const cell of row) {
    lengthBytes.writeInt32LE(cell === null ? -1 : cell.length)
    hash.update(lengthBytes)
    if (cell) hash.update(cell)
  }
  return hash.digest('base64url').slice(0, 22)
}
