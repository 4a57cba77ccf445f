import { hash } from 'node:crypto'
import * as z from 'zod'
import type { StreamState } from '../connector.ts'
import { isNumber, type Json, type JsonObject, scalarText } from './json-text.ts'

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
 * not sent. Records without a cursor are sent by the first sync only.
 */
export class CursorFilter {
  readonly #field: string
  readonly #start: RestState | undefined
  readonly #known: Map<string, number>
  #cursor: string | null
  #hashes: string[]

  constructor(field: string, start: RestState | undefined) {
    this.#field = field
    this.#start = start
    this.#cursor = start?.cursor ?? null
    this.#hashes = [...(start?.hashes ?? [])]
    this.#known = new Map([...Map.groupBy(this.#hashes, (text) => text)].map(([text, list]) => [text, list.length]))
  }

  admits(record: JsonObject): boolean {
    const cursor = cursorOf(record[this.#field])
    if (cursor === undefined) return !this.#start
    const start = this.#start?.cursor ?? undefined
    const digest = hash('sha256', JSON.stringify(record), 'base64url').slice(0, 22)
    if (start !== undefined) {
      const order = compareCursors(cursor, start)
      if (order < 0) return false
      const left = order === 0 ? (this.#known.get(digest) ?? 0) : 0
      if (left > 0) {
        this.#known.set(digest, left - 1)
        return false
      }
    }
    const order = this.#cursor === null ? 1 : compareCursors(cursor, this.#cursor)
    if (order > 0) {
      this.#cursor = cursor
      this.#hashes = []
    }
    if (order >= 0 && this.#hashes.length < maxHashes) this.#hashes.push(digest)
    return true
  }

  get position(): Pick<RestState, 'cursor' | 'hashes'> {
    return { cursor: this.#cursor, hashes: this.#hashes }
  }
}

/** Undefined for what has no order: null, objects, lists, true and false. */
export const cursorOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' || isNumber(value) ? scalarText(value) : undefined

/** Numbers by value, instants by time, all else by its characters. Negative, 0 or positive. */
export const compareCursors = (a: string, b: string): number => {
  if (integer.test(a) && integer.test(b)) return sign(BigInt(a), BigInt(b))
  if (number.test(a) && number.test(b)) return sign(Number(a), Number(b))
  const [momentA, momentB] = [momentOf(a), momentOf(b)]
  if (momentA && momentB) return sign(momentA.ms, momentB.ms) || sign(momentA.fraction, momentB.fraction)
  return sign(a, b)
}

const integer = /^-?\d+$/
const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/
const moment = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?$/

const momentOf = (text: string): { ms: number; fraction: string } | undefined => {
  const [, day, time, fraction = '', zone = 'Z'] = moment.exec(text) ?? []
  if (!day) return undefined
  const ms = Date.parse(`${day}T${time}${zone}`)
  return Number.isNaN(ms) ? undefined : { ms, fraction: fraction.replace(/0+$/, '') }
}

const sign = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)
