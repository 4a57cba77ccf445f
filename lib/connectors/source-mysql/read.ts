import type { Connection } from 'mysql2'
import { ColumnBuilder } from '../columns/column-builder.ts'
import type { Batch, ConfiguredStream, OpenSource, StreamState, ValueChange } from '../connector.ts'
import { Boundary, type Position } from './boundary.ts'
import { cellOf } from './cell.ts'
import type { MysqlConfig } from './config.ts'
import { connect, kill, query } from './connection.ts'
import { mysqlError } from './failure.ts'
import { maxChunkRows, type Row, streamRows } from './row-stream.ts'
import { type CursorRange, selectHighest, selectRows } from './select.ts'
import { cursorOf, readTable } from './stream-table.ts'
import { type MappedColumn, mapColumn } from './type-mapping.ts'

const batchRows = 8_192
const batchBytes = 8 << 20

/**
 * One consistent snapshot for all streams (InnoDB; tables of other engines are read as they are at that moment).
 * Least privilege: SELECT on the tables.
 */
export const open = async (config: MysqlConfig, signal: AbortSignal): Promise<OpenSource> => {
  const connection = await connect(config, signal)
  let busy = false
  try {
    await query(connection, 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    await query(connection, 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
  } catch (error) {
    connection.destroy()
    throw mysqlError(error, config, 'starting a snapshot')
  }
  return {
    async read(stream, state, readSignal) {
      const abort = () => void kill(connection, config)
      readSignal.throwIfAborted()
      readSignal.addEventListener('abort', abort, { once: true })
      try {
        const plan = await planRead(connection, config, stream, state)
        return {
          fields: plan.columns.map(({ field }) => field),
          batches: guarded(plan, readSignal, () => readSignal.removeEventListener('abort', abort)),
        }
      } catch (error) {
        readSignal.removeEventListener('abort', abort)
        readSignal.throwIfAborted()
        throw mysqlError(error, config, `preparing to read "${stream.name}"`)
      }
    },
    async [Symbol.asyncDispose]() {
      if (busy) await kill(connection, config)
      else connection.destroy()
    },
  }

  async function* guarded(plan: ReadPlan, readSignal: AbortSignal, done: () => void): AsyncGenerator<Batch> {
    busy = true
    try {
      yield* batchesOf(connection, plan, readSignal)
      busy = false
    } catch (error) {
      readSignal.throwIfAborted()
      throw mysqlError(error, config, `reading "${plan.stream}"`)
    } finally {
      done()
    }
  }
}

interface ReadPlan {
  readonly stream: string
  readonly sql: string | undefined
  readonly columns: readonly MappedColumn[]
  readonly incremental?: { readonly cursorField: string; readonly start: Position | undefined }
}

const planRead = async (
  connection: Connection,
  config: MysqlConfig,
  stream: ConfiguredStream,
  state: StreamState | undefined,
): Promise<ReadPlan> => {
  const { database, table } = await readTable(connection, config, stream)
  const wanted = stream.fields && new Set(stream.fields)
  const asText = new Set(stream.asText)
  const columns = table.columns
    .filter(({ name }) => !wanted || wanted.has(name))
    .map((column) => mapColumn(column, asText.has(column.name)))
  if (stream.syncMode === 'full_refresh') {
    return { stream: stream.name, columns, sql: selectRows({ database, table: table.name, columns }) }
  }

  const { field: cursorField, order: cursor } = cursorOf(table, stream)
  const start = positionOf(state, cursorField)
  const highest = await highestCursor(connection, selectHighest(database, table.name, cursor.expression))
  const incremental = { cursorField, start }
  // Without any cursor value only a first read has rows to send: those without one.
  if (highest === undefined && start) return { stream: stream.name, columns, sql: undefined, incremental }
  const from = start?.cursor ?? undefined
  const { lookbackSeconds } = config
  const range: CursorRange = { ...cursor, from, to: highest, lookbackSeconds, withNulls: !start }
  const sql = selectRows({ database, table: table.name, columns, cursor: range })
  return { stream: stream.name, columns, sql, incremental }
}

const highestCursor = async (connection: Connection, sql: string): Promise<string | undefined> => {
  const [rows] = await connection.promise().query({ sql, rowsAsArray: true, typeCast: false })
  const cell = (rows as unknown as Row[])[0]?.[0]
  return cell ? cell.toString('utf8') : undefined
}

async function* batchesOf(connection: Connection, plan: ReadPlan, signal: AbortSignal): AsyncGenerator<Batch> {
  const { columns, incremental } = plan
  const cells = columns.map(({ field }) => cellOf(field.type))
  const builders = columns.map(() => new ColumnBuilder(batchRows))
  const boundary = incremental && new Boundary(incremental.start)
  let changes: ValueChange[] = []
  let rows = 0
  let sourceBytes = 0

  const take = (chunk: readonly Row[]) => {
    for (const [index, { field }] of columns.entries()) {
      const cell = cells[index] as (typeof cells)[number]
      const builder = builders[index] as ColumnBuilder
      for (let at = 0; at < chunk.length; at++) {
        const bytes = (chunk[at] as Row)[index] as Buffer | null
        if (bytes === null) {
          builder.appendNull()
        } else if (!cell(builder, bytes)) {
          builder.appendNull()
          const value = bytes.toString('utf8', 0, 100)
          changes.push({
            row: rows + at,
            field: field.name,
            change: 'NULLED',
            reason: 'SOURCE_SERIALIZATION_ERROR',
            value,
          })
        }
      }
    }
    rows += chunk.length
  }
  const build = (isLast: boolean): Batch => {
    const state = incremental && boundary && stateOf(incremental.cursorField, boundary.position, isLast)
    const batch: Batch = {
      ...{ rows, sourceBytes, columns: builders.map((builder) => builder.build()) },
      ...(changes.length > 0 ? { changes } : {}),
      ...(state ? { state } : {}),
    }
    changes = []
    rows = 0
    sourceBytes = 0
    return batch
  }

  if (plan.sql !== undefined) {
    for await (const chunk of streamRows(connection, plan.sql, signal)) {
      take(boundary ? chunk.rows.filter((row) => boundary.admits(row)) : chunk.rows)
      sourceBytes += chunk.bytes
      if (rows > batchRows - maxChunkRows || sourceBytes >= batchBytes) yield build(false)
    }
  }
  if (rows > 0 || incremental) yield build(true)
}

const positionOf = (state: StreamState | undefined, cursorField: string): Position | undefined => {
  // Another cursor than the state's: where the old one stood says nothing about the new one.
  if (!state || state.cursorField !== cursorField) return undefined
  const { cursor, hashes } = state
  return {
    cursor: typeof cursor === 'string' ? cursor : null,
    hashes: Array.isArray(hashes) ? hashes.filter((hash) => typeof hash === 'string') : [],
  }
}

/** While only rows without a cursor have come, there is nothing to resume at; that all of them came, the last batch says. */
const stateOf = (cursorField: string, position: Position, isLast: boolean): StreamState | undefined =>
  position.cursor === null && !isLast ? undefined : { cursorField, cursor: position.cursor, hashes: position.hashes }
