import { literal, quoted } from '../postgres/identifier.ts'
import type { PlannedCursor, StreamPlan } from './stream-plan.ts'
import { valueText } from './value-text.ts'

export const copyOf = (select: string): string => `COPY (${select}) TO STDOUT (FORMAT binary)`

/** All rows. */
export const everything = (plan: StreamPlan): string => `SELECT ${plan.selectList} FROM ${plan.from}`

/** The largest cursor value, as it stands in a row and as text; no row when there is none. */
export const largest = (plan: StreamPlan, cursor: PlannedCursor): string => {
  const column = quoted(cursor.name)
  const value = cursor.mapping.select(column)
  return `SELECT ${value} FROM ${plan.from} WHERE ${ordered(cursor)} ORDER BY ${inOrder(plan, cursor)} DESC LIMIT 1`
}

/** Rows from `lo` on (included: rows at it may have come late), or from the lookback before it, in the order of the cursor. */
export const range = (plan: StreamPlan, cursor: PlannedCursor, lo: string | null, lookbackSeconds: number): string => {
  const column = quoted(cursor.name)
  const back = looksBack(cursor, lookbackSeconds) ? ` - interval '${lookbackSeconds} seconds'` : ''
  const from = lo === null ? '' : ` AND ${column} >= ${literal(lo)}::${cursor.mapping.cursorType}${back}`
  return `${everything(plan)} WHERE ${ordered(cursor)}${from} ORDER BY ${inOrder(plan, cursor)}`
}

/** The name alone would be that of a selected column, which may be the cursor as text. */
const inOrder = (plan: StreamPlan, cursor: PlannedCursor): string => `${plan.from}.${quoted(cursor.name)}`

/** Seconds before a number or a text mean nothing. */
export const looksBack = ({ mapping }: PlannedCursor, lookbackSeconds: number): boolean =>
  lookbackSeconds > 0 && (mapping.wire === 'date' || mapping.wire === 'timestamp')

/** Rows whose cursor has no place in the order. */
export const outside = (plan: StreamPlan, cursor: PlannedCursor): string =>
  `${everything(plan)} WHERE ${unordered(cursor)}`

/** How many there are, up to `limit`. */
export const countOutside = (plan: StreamPlan, cursor: PlannedCursor, limit: number): string =>
  `SELECT count(*)::int AS rows FROM (SELECT FROM ${plan.from} WHERE ${unordered(cursor)} LIMIT ${limit}) AS outside`

/** What stands in their cursor; undefined when the table can have no such row. */
export const outsideValues = (cursor: PlannedCursor): string | undefined => {
  const words = [...(cursor.notNull ? [] : ['NULL']), ...specialOf(cursor).words]
  return words.length > 0 ? words.join(' or ') : undefined
}

const ordered = (cursor: PlannedCursor): string => {
  const { least, greatest } = specialOf(cursor)
  const column = quoted(cursor.name)
  if (greatest === undefined) return `${column} IS NOT NULL`
  return [...(least ? [`${column} > ${least}`] : []), `${column} < ${greatest}`].join(' AND ')
}

/** Its opposite, in a form for which an index serves. */
const unordered = (cursor: PlannedCursor): string => {
  const { least, greatest } = specialOf(cursor)
  const column = quoted(cursor.name)
  const special = [...(least ? [`${column} <= ${least}`] : []), ...(greatest ? [`${column} >= ${greatest}`] : [])]
  return `(${[`${column} IS NULL`, ...special].join(' OR ')})`
}

const largestNumeric = "repeat('9', 131072)::pg_catalog.numeric"

interface Special {
  readonly words: readonly string[]
  /** The order ends before these. */
  readonly least?: string
  readonly greatest?: string
}

/** Infinity and NaN are above everything: once they were the position, nothing new would ever be found. */
const specialOf = ({ mapping }: PlannedCursor): Special => {
  const infinite = (type: string) => ({ least: `'-Infinity'::${type}`, greatest: `'Infinity'::${type}` })
  switch (mapping.wire) {
    case 'date':
    case 'timestamp':
      return { words: ['infinity'], ...infinite(mapping.cursorType as string) }
    case 'float4':
    case 'float8':
      return { words: ['infinity', 'NaN'], ...infinite('pg_catalog.float8') }
    case 'numeric':
      return { words: ['NaN'], greatest: "'NaN'::pg_catalog.numeric" }
    default:
      // An unbounded numeric travels as text. It has an infinity from version 14 on; before, its literal is an error.
      return mapping.cursorType === 'pg_catalog.numeric'
        ? { words: ['infinity', 'NaN'], least: `-${largestNumeric}`, greatest: largestNumeric }
        : { words: [] }
  }
}

/** A cursor's bytes from a row as text that Postgres reads back as the same value. */
export const cursorText = (cursor: PlannedCursor, bytes: Buffer): string => valueText(cursor.mapping.wire, bytes)
