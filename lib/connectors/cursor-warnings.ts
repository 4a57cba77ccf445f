import { IngestionError } from '../errors.ts'
import type { ConfiguredStream } from './connector.ts'

/** How long one question about one stream may take at the server. */
export const questionMs = 2_000
/** All streams together; what is left then is only counted. */
const budgetMs = 6_000
const countedRows = 10_000

/** Rows without a place in the cursor's order. `some` were found but not counted in time; `unknown`: none in that time. */
type RowsFound = number | 'some' | 'unknown'

/** What a source knows of the cursor of one stream. */
export interface CursorRows {
  readonly rows: RowsFound
  /** What stands in the cursor of such rows, such as NULL. */
  readonly values: string
}

/** Asks for one such row and, when there is one, how many. `count` stops at `limit`; `isTimeout` tells its error after questionMs. */
export const countInTime = async (
  count: (limit: number) => Promise<number>,
  isTimeout: (error: unknown) => boolean,
): Promise<RowsFound> => {
  const inTime = async <T>(limit: number, late: T): Promise<number | T> => {
    try {
      return await count(limit)
    } catch (error) {
      if (isTimeout(error)) return late
      throw error
    }
  }
  const first = await inTime(1, 'unknown' as const)
  return first === 0 || first === 'unknown' ? first : await inTime(countedRows + 1, 'some' as const)
}

/** One sentence for each stream whose cursor has gaps, or that its connection asks for in vain; see Source.warnings. */
export const cursorWarnings = async (
  streams: readonly ConfiguredStream[],
  look: (stream: ConfiguredStream) => Promise<CursorRows>,
): Promise<readonly string[]> => {
  const distinct = new Map(
    streams.map((stream) => [JSON.stringify([stream.namespace, stream.name, stream.cursorField]), stream]),
  )
  const warnings: string[] = []
  const startedAt = performance.now()
  let left = distinct.size
  for (const stream of distinct.values()) {
    if (performance.now() - startedAt > budgetMs) {
      warnings.push(`${left} more incremental streams were not looked at within ${budgetMs / 1000} s`)
      break
    }
    left--
    warnings.push(...(await warningOf(stream, look)))
  }
  return warnings
}

const warningOf = async (
  stream: ConfiguredStream,
  look: (stream: ConfiguredStream) => Promise<CursorRows>,
): Promise<string[]> => {
  const where = `stream ${stream.namespace ? `${stream.namespace}.` : ''}${stream.name}`
  try {
    const { rows, values } = await look(stream)
    if (rows === 0) return []
    const cursor = `the cursor ${stream.cursorField.join('.')}`
    if (rows === 'unknown')
      return [
        `${where}: whether rows have ${values} in ${cursor} was not found within ${questionMs / 1000} s; an index that begins with it would tell`,
      ]
    const fix = 'Only the first sync sends such rows: choose a cursor that is always set, or full_refresh'
    return [`${where}: ${amount(rows)} ${values} in ${cursor}. ${fix}`]
  } catch (error) {
    // Of a stream that is gone or cannot be read by its cursor: its next sync would say the same.
    if (error instanceof IngestionError && error.code === 'connector_config') return [error.message]
    throw error
  }
}

const amount = (rows: number | 'some'): string => {
  if (rows === 'some') return 'at least one row has'
  if (rows > countedRows) return `more than ${countedRows} rows have`
  return rows === 1 ? '1 row has' : `${rows} rows have`
}
