import type { Connection } from 'mysql2'
import type { ConfiguredStream, StreamState } from '../connector.ts'
import type { Position } from './boundary.ts'
import type { MysqlConfig } from './config.ts'
import { query } from './connection.ts'
import { type CursorRange, selectHighest, selectRows } from './select.ts'
import { columnsOf, cursorOf, readTable } from './stream-table.ts'
import type { CursorKind, MappedColumn } from './type-mapping.ts'

const defaultSortBytes = 1024
const maxSortBytes = 8 << 20
/** MariaDB keeps a text's length within its sort key. */
const lengthBytes = 4

/** What to select for one stream, and where it resumes. */
export interface StreamPlan {
  readonly stream: string
  /** Undefined when there is nothing to read. */
  readonly sql: string | undefined
  readonly columns: readonly MappedColumn[]
  readonly incremental?: StreamCursor & { readonly start: Position | undefined }
}

/** What the values of a cursor mean: those of another cursor, or in another order, say nothing about this one. */
interface StreamCursor {
  readonly cursorField: string
  readonly cursorKind: CursorKind
}

/** Throws connector_config for a stream, column or cursor that does not exist, the signal's reason, else the driver's errors. */
export const planStream = async (
  connection: Connection,
  config: MysqlConfig,
  stream: ConfiguredStream,
  state: StreamState | undefined,
  signal: AbortSignal,
): Promise<StreamPlan> => {
  const { database, table } = await readTable(connection, config, stream)
  const columns = columnsOf(table, stream)
  if (stream.syncMode === 'full_refresh') {
    return { stream: stream.name, columns, sql: selectRows({ database, table: table.name, columns }) }
  }

  const { field: cursorField, order: cursor } = cursorOf(table, stream)
  const known: StreamCursor = { cursorField, cursorKind: cursor.kind }
  const start = positionOf(state, known)
  signal.throwIfAborted()
  const { highest, longestBytes } = await highestCursor(connection, selectHighest(database, table.name, cursor))
  const incremental = { ...known, start }
  // Without any cursor value only a first read has rows to send: those without one.
  if (highest === undefined && start) return { stream: stream.name, columns, sql: undefined, incremental }
  if (cursor.kind === 'text') {
    signal.throwIfAborted()
    await sortWhole(connection, longestBytes)
  }
  const from = start?.cursor ?? undefined
  const { lookbackSeconds } = config
  const range: CursorRange = { ...cursor, from, to: highest, lookbackSeconds, withNulls: !start }
  const sql = selectRows({ database, table: table.name, columns, cursor: range })
  return { stream: stream.name, columns, sql, incremental }
}

const highestCursor = async (
  connection: Connection,
  sql: string,
): Promise<{ highest: string | undefined; longestBytes: number }> => {
  const [rows] = await connection.promise().query({ sql, rowsAsArray: true, typeCast: false })
  const [highest, longest] = (rows as unknown as (Buffer | null)[][])[0] ?? []
  return { highest: highest?.toString('utf8'), longestBytes: Number(longest ?? 0) }
}

/** The server sorts texts by their first max_sort_length bytes only: rows would come out of order, and be missed after a failure. */
const sortWhole = async (connection: Connection, longestBytes: number): Promise<void> => {
  const bytes = Math.min(Math.max(defaultSortBytes, longestBytes + lengthBytes), maxSortBytes)
  await query(connection, `SET SESSION max_sort_length = ${bytes}`)
}

const positionOf = (state: StreamState | undefined, known: StreamCursor): Position | undefined => {
  // States of before tell no kind.
  const { cursorField, cursorKind = known.cursorKind, cursor, hashes } = state ?? {}
  if (cursorField !== known.cursorField || cursorKind !== known.cursorKind) return undefined
  return {
    cursor: typeof cursor === 'string' ? cursor : null,
    hashes: Array.isArray(hashes) ? hashes.filter((hash) => typeof hash === 'string') : [],
  }
}
