import { type CursorKind, type MappedColumn, quoted } from './type-mapping.ts'

/** The rows of one read, in SQL. `cursor` adds a first column: the cursor as text. */
export interface Selection {
  readonly database: string
  readonly table: string
  readonly columns: readonly MappedColumn[]
  readonly cursor?: CursorRange
}

/** Values of the cursor in order, both ends included, `undefined` = open. */
export interface CursorRange {
  readonly kind: CursorKind
  readonly expression: string
  readonly from: string | undefined
  readonly to: string | undefined
  /** How much before `from` to begin; for a moment only. */
  readonly lookbackSeconds: number
  /** Also the rows without a cursor, before all others. */
  readonly withNulls: boolean
}

/**
 * Columns are named c0, c1 …: the driver builds code from their names, and fails at `__proto__`.
 * MySQL sorts NULL first.
 */
export const selectRows = ({ database, table, columns, cursor }: Selection): string => {
  const expressions = [...(cursor ? [textOf(cursor)] : []), ...columns.map(({ expression }) => expression)]
  const list = expressions.map((expression, index) => `${expression} AS c${index}`).join(', ') || '1 AS c0'
  const from = `SELECT ${list} FROM ${quoted(database)}.${quoted(table)}`
  if (!cursor) return from
  return `${from} WHERE ${condition(cursor)} ORDER BY ${cursor.expression}`
}

/** A cursor of kind text comes as bytes, in which all texts are different. */
const textOf = ({ kind, expression }: CursorRange): string =>
  kind === 'text' ? expression : `CAST(${expression} AS CHAR)`

/** The highest value c0 of a cursor, and of a text how many bytes the longest has: c1. */
export const selectHighest = (
  database: string,
  table: string,
  { kind, expression }: Pick<CursorRange, 'kind' | 'expression'>,
): string => {
  const longest = kind === 'text' ? `, MAX(LENGTH(${expression})) AS c1` : ''
  return `SELECT MAX(${expression}) AS c0${longest} FROM ${quoted(database)}.${quoted(table)}`
}

/**
 * How many rows have NULL in a column, up to `limit`. Fails when it takes longer than `timeoutMs`: MariaDB takes the limit from
 * the comment that it alone executes, MySQL from the hint.
 */
export const countWithout = (
  database: string,
  table: string,
  column: string,
  limit: number,
  timeoutMs: number,
): string => {
  const rows = `SELECT 1 FROM ${quoted(database)}.${quoted(table)} WHERE ${quoted(column)} IS NULL LIMIT ${limit}`
  const mariaDb = `/*M! SET STATEMENT max_statement_time = ${timeoutMs / 1000} FOR */`
  return `${mariaDb} SELECT /*+ MAX_EXECUTION_TIME(${timeoutMs}) */ COUNT(*) AS c0 FROM (${rows}) AS found`
}

const condition = ({ kind, expression, from, to, lookbackSeconds, withNulls }: CursorRange): string => {
  const bounds = [
    ...(from === undefined ? [] : [`${expression} >= ${lowerBound(kind, from, lookbackSeconds)}`]),
    ...(to === undefined ? [] : [`${expression} <= ${cursorLiteral(kind, to)}`]),
  ]
  const range = bounds.join(' AND ')
  if (withNulls) return range ? `(${expression} IS NULL OR (${range}))` : `${expression} IS NULL`
  return range || `${expression} IS NOT NULL`
}

const lowerBound = (kind: CursorKind, from: string, lookbackSeconds: number): string => {
  const bound = cursorLiteral(kind, from)
  if (kind !== 'moment' || lookbackSeconds === 0) return bound
  // Nothing lies before the zero date and the first year: the bound itself then.
  return `COALESCE(CAST(${bound} AS DATETIME(6)) - INTERVAL ${lookbackSeconds} SECOND, ${bound})`
}

/** A number stays bare (as text MySQL would compare it as a double), text goes as bytes, so that nothing needs escaping. */
const cursorLiteral = (kind: CursorKind, value: string): string => {
  if (kind === 'number' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value)) return value
  if (kind === 'moment' && /^[\d :.-]+$/.test(value)) return `'${value}'`
  if (kind === 'text') return `X'${Buffer.from(value, 'utf8').toString('hex')}'`
  throw new Error(`a cursor of kind ${kind} cannot be ${JSON.stringify(value)}`)
}
