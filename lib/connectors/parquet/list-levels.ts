import type { Column } from '../columns/column.ts'
import { hybrid } from './hybrid.ts'
import { withLength } from './levels.ts'

/** Names of the two inner nodes of a list (Parquet format, LogicalTypes, Lists). */
export const listPath = ['list', 'element'] as const

/** What stands before the values in a version 1 data page, and what it tells of them. */
export interface Levels {
  /** Repetition levels of a list, then definition levels, each behind its length. */
  readonly bytes: Buffer
  /** What Parquet counts as values: rows; of a list, one for each element and one for each NULL or empty list. */
  readonly entries: number
  /** Entries without a value. */
  readonly nulls: number
}

/**
 * Repetition level 0 begins a row, 1 goes on in it. Definition levels, from the least: NULL list (when the list is
 * nullable), empty list, NULL element, element.
 */
export const listLevels = (column: Column, rows: number, nullable: boolean): Levels => {
  const { present, values, elements } = column
  if (!elements) throw new Error('a list column has no elements')
  const lengths = new DataView(values.buffer, values.byteOffset, values.length)
  const entries = countEntries(lengths, rows)
  const empty = nullable ? 1 : 0
  const repetition = new Uint16Array(entries).fill(1)
  const definition = new Uint16Array(entries).fill(empty + 2)
  let [entry, element, at] = [0, 0, 0]
  let nulls = elements.nulls
  for (let row = 0; row < rows; row++) {
    repetition[entry] = 0
    const isNull = present?.[row] === 0
    const length = isNull ? 0 : lengths.getInt32(at, true)
    if (!isNull) at += 4
    if (length === 0) {
      definition[entry++] = isNull ? 0 : empty
      nulls++
      continue
    }
    if (elements.nulls > 0) {
      for (let i = 0; i < length; i++) if (elements.present?.[element + i] === 0) definition[entry + i] = empty + 1
    }
    element += length
    entry += length
  }
  return {
    bytes: Buffer.concat([withLength(hybrid(repetition, 1)), withLength(hybrid(definition, 2))]),
    entries,
    nulls,
  }
}

/** NULL lists have no length. */
const countEntries = (lengths: DataView, rows: number): number => {
  let entries = rows
  for (let at = 0; at < lengths.byteLength; at += 4) entries += Math.max(lengths.getInt32(at, true) - 1, 0)
  return entries
}
