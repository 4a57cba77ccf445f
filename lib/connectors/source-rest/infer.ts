import type { ColumnType, Field } from '../columns/column.ts'
import { parseDecimal } from './decimal.ts'
import type { JsonText } from './json-text.ts'
import { scalarKey } from './record-reader.ts'

const int64Limit = 2n ** 63n
const maxPrecision = 38
/** Amounts get this many digits after the point even when the records seen need fewer: later ones may need them. */
const usualScale = 9
/** With more digits after the point than that, too little room would be left before it. */
const maxScale = 18

/** What was seen of one key so far. Types only widen: the order of records does not matter. */
interface Seen {
  boolean: boolean
  text: boolean
  nested: boolean
  number: boolean
  /** Digits needed before and after the point; infinite for numbers that no decimal holds. */
  whole: number
  scale: number
  isInt64: boolean
}

/**
 * Infers a column for each key, in the order of first appearance.
 *
 * - true, false → boolean; whole numbers → int64, beyond it decimal(38,0)
 * - other numbers → decimal(38, 9) or a larger scale when the records seen need one; beyond that text, digit by digit
 * - text → text, also where it looks like a date; objects and lists → json
 * - several of these under one key → text (with objects or lists among them → json)
 * - only null → text
 */
export class SchemaInference {
  readonly #seen = new Map<string, Seen>()

  look(json: JsonText, record: number): void {
    if (json.kind(record) !== 'object') this.#lookAt(scalarKey, json, record)
    else for (const [key, at] of json.members(record)) this.#lookAt(key, json, at)
  }

  fields(): readonly Field[] {
    return [...this.#seen].map(([name, seen]) => ({ name, type: typeOf(seen), nullable: true }))
  }

  #lookAt(key: string, json: JsonText, at: number): void {
    // Half a surrogate pair has no UTF-8, and so no column its name.
    if (!key.isWellFormed()) return
    let seen = this.#seen.get(key)
    if (!seen) {
      seen = { boolean: false, text: false, nested: false, number: false, whole: 0, scale: 0, isInt64: true }
      this.#seen.set(key, seen)
    }
    const kind = json.kind(at)
    if (kind === 'boolean' || kind === 'text') seen[kind] = true
    else if (kind === 'number') lookAtNumber(seen, json.source(at).toString())
    else if (kind !== 'null') seen.nested = true
  }
}

const lookAtNumber = (seen: Seen, source: string): void => {
  seen.number = true
  const decimal = parseDecimal(source)
  if (!decimal) {
    seen.whole = Number.POSITIVE_INFINITY
    seen.isInt64 = false
    return
  }
  const { unscaled, scale } = decimal
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().length
  seen.whole = Math.max(seen.whole, digits - scale)
  seen.scale = Math.max(seen.scale, scale)
  if (scale > 0 || unscaled >= int64Limit || unscaled < -int64Limit) seen.isInt64 = false
}

const typeOf = (seen: Seen): ColumnType => {
  const kinds = [seen.boolean, seen.text, seen.number].filter(Boolean).length
  if (seen.nested) return { kind: 'json' }
  if (kinds !== 1 || seen.text) return { kind: 'text' }
  if (seen.boolean) return { kind: 'boolean' }
  if (seen.isInt64) return { kind: 'int64' }
  const scale = seen.scale === 0 ? 0 : Math.max(usualScale, seen.scale)
  if (scale > maxScale || seen.whole + scale > maxPrecision) return { kind: 'text' }
  return { kind: 'decimal', precision: maxPrecision, scale }
}
