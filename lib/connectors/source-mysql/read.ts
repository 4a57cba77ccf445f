import type { Connection, PrepareStatementInfo } from 'mysql2'
import type { Batch, StreamState } from '../connector.ts'
import { Boundary, type Position } from './boundary.ts'
import type { MysqlConfig } from './config.ts'
import { interrupt } from './connection.ts'
import { mysqlError } from './failure.ts'
import { RowBatches } from './row-batches.ts'
import { type OnRow, RowPackets } from './row-packets.ts'
import type { StreamPlan } from './stream-plan.ts'
import type { Wire } from './wire.ts'

export interface ReadContext {
  readonly connection: Connection
  readonly config: MysqlConfig
  readonly signal: AbortSignal
}

/** The rows of a plan. Ended early, aborted or failed, the connection can go on in its snapshot unless it is broken. */
export async function* readRows(context: ReadContext, plan: StreamPlan): AsyncGenerator<Batch> {
  const { sql, stream, incremental } = plan
  if (!incremental) {
    const batches = new RowBatches(plan.columns, 0, () => undefined)
    const onRow: OnRow = (bytes, from, end) => batches.add(bytes, from, end)
    if (sql !== undefined) yield* streamed(context, stream, sql, batches, onRow)
    batches.flush(false)
    yield* take(batches)
    return
  }

  const { start, ...cursor } = incremental
  const boundary = new Boundary(start)
  let isEnded = false
  const stateNow = () => stateOf(cursor, boundary.position, isEnded)
  const batches = new RowBatches(plan.columns, 1, stateNow)
  const columns = plan.columns.length + 1
  const onRow: OnRow = (bytes, from, end) => {
    if (boundary.admits(bytes, from, end, columns)) batches.add(bytes, from, end)
  }
  if (sql !== undefined) yield* streamed(context, stream, sql, batches, onRow)
  isEnded = true
  batches.flush(true)
  yield* take(batches)
}

/** Runs one SELECT and yields the batches that `onRow` fills; the rows of the last one stay in `batches`. */
async function* streamed(
  { connection, config, signal }: ReadContext,
  stream: string,
  sql: string,
  batches: RowBatches,
  onRow: OnRow,
): AsyncGenerator<Batch> {
  let wake: () => void = () => {}
  let ended = false
  let failure: unknown
  const rows = new RowPackets(connection, {
    onColumns: (wires: readonly Wire[]) => batches.expect(wires),
    onRow,
    isFull: () => {
      if (batches.ready > 0) wake()
      return batches.isFull
    },
  })
  const run = async () => {
    try {
      const statement = await prepare(connection, sql)
      signal.throwIfAborted()
      rows.start(statement)
      await rows.done
    } catch (error) {
      failure = error ?? new Error('the connection broke')
    }
    ended = true
    wake()
  }
  let running: Promise<void> | undefined
  let freed: Promise<void> | undefined
  const stop = () => {
    rows.skip()
    freed ??= interrupt(connection, config, running ?? Promise.resolve())
    wake()
  }
  signal.throwIfAborted()
  signal.addEventListener('abort', stop, { once: true })
  try {
    running = run()
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      const batch = batches.take()
      if (batch) {
        yield batch
        if (!batches.isFull) rows.resume()
      } else if (ended) break
      else await woken
    }
    signal.throwIfAborted()
    if (failure) throw mysqlError(failure, config, `reading "${stream}"`)
  } finally {
    signal.removeEventListener('abort', stop)
    if (!ended) stop()
    await freed
    // Nothing is left to be asked of the statement: the server may forget it.
    connection.unprepare(sql)
  }
}

const prepare = (connection: Connection, sql: string): Promise<PrepareStatementInfo> => {
  const { promise, resolve, reject } = Promise.withResolvers<PrepareStatementInfo>()
  connection.prepare(sql, (error, statement) => (error ? reject(error) : resolve(statement)))
  return promise
}

function* take(batches: RowBatches): Generator<Batch> {
  for (let batch = batches.take(); batch; batch = batches.take()) yield batch
}

/** While only rows without a cursor have come, there is nothing to resume at; that all of them came, the last batch says. */
const stateOf = (of: StreamState, position: Position, isLast: boolean): StreamState | undefined =>
  position.cursor === null && !isLast ? undefined : { ...of, cursor: position.cursor, hashes: position.hashes }
