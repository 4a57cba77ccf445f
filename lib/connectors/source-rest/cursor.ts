import { hash } from 'node:crypto'
import * as z from 'zod'
import type { StreamState } from '../connector.ts'
import { compareCursors, momentOf } from './cursor-order.ts'
import type { JsonText } from './json-text.ts'

/** More records than this with the largest cursor are not remembered: they may be sent again. */
const maxHashes = 10_000

const shape = z.object({
  cursorField: z.string(),
  /** Largest value sent; null when no record had one. */
  cursor: z.string().nullable(),
  /** The records at `cursor` that were sent. */
  hashes: z.array(z.string()),
  /** Column types by name: what a first sync decided holds for the next ones. */
  types: z.record(z.string(), z.unknown()),
})

export type RestState = z.infer<typeof shape>

export const parseState = (state: StreamState | undefined, cursorField: string): RestState | undefined => {
  const parsed = shape.safeParse(state)
  return parsed.success && parsed.data.cursorField === cursorField ? parsed.data : undefined
}

/**
 * Knows which records of an API, in whatever order, are new since a state: those after its cursor, and those at it that were
 * not sent; with a lookback all that are not older than it by more. Records without a cursor are sent by the first sync only.
 */
export class CursorFilter {
  readonly #start: RestState | undefined
  readonly #lookbackMs: number
  readonly #known: Map<string, number>
  #cursor: string | null
  #hashes: string[]

  constructor(start: RestState | undefined, lookbackSeconds: number) {
    this.#start = start
    this.#lookbackMs = lookbackSeconds * 1000
    this.#cursor = start?.cursor ?? null
    this.#hashes = [...(start?.hashes ?? [])]
    this.#known = new Map([...Map.groupBy(this.#hashes, (text) => text)].map(([text, list]) => [text, list.length]))
  }

  /** `cursor` is the place of the record's own value in the cursor field, -1 = none. */
  admits(json: JsonText, record: number, cursor: number): boolean {
    const own = cursor === -1 ? undefined : cursorAt(json, cursor)
    if (own === undefined) return !this.#start
    const start = this.#start?.cursor ?? undefined
    const sinceStart = start === undefined ? 1 : compareCursors(own, start)
    if (start !== undefined && sinceStart < 0 && !this.#isWithinLookback(own, start)) return false
    const sinceLargest = this.#cursor === null ? 1 : compareCursors(own, this.#cursor)
    if (sinceLargest < 0 && sinceStart !== 0) return true
    const digest = hash('sha256', json.source(record), 'base64url').slice(0, 22)
    const left = sinceStart === 0 ? (this.#known.get(digest) ?? 0) : 0
    if (left > 0) {
      this.#known.set(digest, left - 1)
      return this.#lookbackMs > 0
    }
    if (sinceLargest > 0) {
      this.#cursor = own
      this.#hashes = []
    }
    if (sinceLargest >= 0 && this.#hashes.length < maxHashes) this.#hashes.push(digest)
    return true
  }

  get position(): Pick<RestState, 'cursor' | 'hashes'> {
    return { cursor: this.#cursor, hashes: this.#hashes }
  }

  #isWithinLookback(own: string, start: string): boolean {
    if (this.#lookbackMs === 0) return false
    const [ownMoment, startMoment] = [momentOf(own), momentOf(start)]
    return ownMoment !== undefined && startMoment !== undefined && startMoment.ms - ownMoment.ms <= this.#lookbackMs
  }
}

/** Undefined for what has no order: null, objects, lists, true and false. */
export const cursorAt = (json: JsonText, at: number): string | undefined =>
  json.kind(at) === 'boolean' ? undefined : json.scalar(at)
