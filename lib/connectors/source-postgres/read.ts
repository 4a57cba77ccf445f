import type { Client } from 'pg'
import type { Batch, CopyRows, StreamState } from '../connector.ts'
import { kill, reasonOf } from '../postgres/connection.ts'
import type { PostgresConfig } from './config.ts'
import { CopyBatches } from './copy-batches.ts'
import { CopyOut, type OnRow } from './copy-out.ts'
import { copyOf, cursorText, everything, largest, looksBack, outside, range } from './cursor-query.ts'
import { type CursorState, parseState } from './cursor-state.ts'
import { CursorTies, fieldOf, rowHash } from './cursor-ties.ts'
import { postgresError } from './failure.ts'
import { RowBatches } from './row-batches.ts'
import type { PlannedCursor, StreamPlan } from './stream-plan.ts'

/** Decoded batches that may wait for the destination before the server is made to wait. */
const batchesAhead = 2

export interface ReadContext {
  readonly client: Client
  readonly config: PostgresConfig
  /** Its name, for errors. */
  readonly stream: string
  readonly signal: AbortSignal
}

/** All rows of a full refresh. */
export async function* readFull(context: ReadContext, plan: StreamPlan): AsyncGenerator<Batch> {
  const batches = new RowBatches(plan.columns, () => undefined)
  yield* copied(context, everything(plan), batches, (bytes, at, end) => batches.add(bytes, at, end))
  batches.flush(false)
  yield* take(batches)
}

/** All rows of a full refresh, undecoded. */
export async function* readCopy(context: ReadContext, from: string, copyList: string): AsyncGenerator<CopyRows> {
  const batches = new CopyBatches()
  const select = `SELECT ${copyList} FROM ${from}`
  yield* copied(context, select, batches, (bytes, at, end) => batches.add(bytes, at, end))
  batches.flush()
  yield* take(batches)
}

/**
 * Rows whose cursor is not below that of the state; all in the snapshot of the transaction, so that the last row's
 * cursor is the largest there is. The first read takes an index's order when there is one, to have states on the way;
 * else the table's own order, and one state at the end.
 */
export async function* readIncremental(
  context: ReadContext,
  plan: StreamPlan,
  cursor: PlannedCursor,
  given: StreamState | undefined,
): AsyncGenerator<Batch> {
  const state = parseState(given, cursor)
  if (!state && !cursor.indexed) yield* readUnordered(context, plan, cursor)
  else yield* readOrdered(context, plan, cursor, state)
}

async function* readUnordered(context: ReadContext, plan: StreamPlan, cursor: PlannedCursor): AsyncGenerator<Batch> {
  const target = await largestCursor(context, plan, cursor)
  const ties = new CursorTies(cursor.index, target ?? Buffer.alloc(0))
  let ended = false
  const batches = new RowBatches(plan.columns, () => (ended ? stateOf(cursor, target, ties, true) : undefined))
  yield* copied(context, everything(plan), batches, (bytes, at, end) => {
    if (target) ties.see(bytes, at, end)
    batches.add(bytes, at, end)
  })
  ended = true
  batches.flush(true)
  yield* take(batches)
}

async function* readOrdered(
  context: ReadContext,
  plan: StreamPlan,
  cursor: PlannedCursor,
  state: CursorState | undefined,
): AsyncGenerator<Batch> {
  const ties = new CursorTies(cursor.index)
  let complete = state?.complete ?? false
  const now = () => (ties.value ? stateOf(cursor, ties.value, ties, complete) : state && { ...state, complete })
  const batches = new RowBatches(plan.columns, now)
  const { lookbackSeconds } = context.config
  const isKnown = knownRows(cursor, state, looksBack(cursor, lookbackSeconds))
  const select = range(plan, cursor, state?.cursor ?? null, lookbackSeconds)
  yield* copied(context, select, batches, (bytes, at, end) => {
    ties.see(bytes, at, end)
    if (!isKnown(bytes, at, end)) batches.add(bytes, at, end)
  })
  batches.flush(false)
  yield* take(batches)
  if (!complete) {
    yield* copied(context, outside(plan, cursor), batches, (bytes, at, end) => batches.add(bytes, at, end))
    complete = true
  }
  batches.flush(true)
  for (const batch of [...take(batches)]) {
    yield batch.state ? batch : { ...batch, state: stateOf(cursor, undefined, ties, true) }
  }
}

/**
 * True for the rows at the state's cursor that were sent before, each as often as it was sent. With `beginsBefore` rows
 * below that cursor come first, and are sent again: which of them came late cannot be told.
 */
const knownRows = (
  cursor: PlannedCursor,
  state: CursorState | undefined,
  beginsBefore: boolean,
): ((...row: Parameters<OnRow>) => boolean) => {
  const sent = new Map<string, number>()
  for (const known of state?.boundary ?? []) sent.set(known, (sent.get(known) ?? 0) + 1)
  const lo = state?.cursor
  let isBefore = beginsBefore
  return (bytes, from, end) => {
    if (sent.size === 0) return false
    const { at, length } = fieldOf(bytes, from, cursor.index)
    // In order: the first row above the boundary ends it.
    if (cursorText(cursor, bytes.subarray(at, at + length)) !== lo) {
      if (!isBefore) sent.clear()
      return false
    }
    isBefore = false
    const key = rowHash(bytes.subarray(from, end))
    const times = sent.get(key)
    if (times === undefined) return false
    if (times === 1) sent.delete(key)
    else sent.set(key, times - 1)
    return true
  }
}

const stateOf = (
  cursor: PlannedCursor,
  value: Buffer | undefined,
  ties: CursorTies,
  complete: boolean,
): CursorState => ({
  version: 1,
  cursorField: cursor.name,
  cursorKind: cursor.kind,
  cursor: value ? cursorText(cursor, value) : null,
  boundary: value ? ties.hashes() : [],
  complete,
})

const largestCursor = async (
  context: ReadContext,
  plan: StreamPlan,
  cursor: PlannedCursor,
): Promise<Buffer | undefined> => {
  let value: Buffer | undefined
  const onRow: OnRow = (bytes, from) => {
    const { at, length } = fieldOf(bytes, from, 0)
    value = Buffer.from(bytes.subarray(at, at + length))
  }
  const none = new RowBatches([], () => undefined)
  for await (const _ of copied(context, largest(plan, cursor), none, onRow));
  return value
}

/** Runs one COPY and yields the batches that `onRow` fills; what is left unfinished stays in `batches` when it is ordered. */
async function* copied<T>(
  { client, config, stream, signal }: ReadContext,
  select: string,
  batches: Ready<T>,
  onRow: OnRow,
): AsyncGenerator<T> {
  let wake: () => void = () => {}
  let ended = false
  let failure: unknown
  signal.throwIfAborted()
  const copy = new CopyOut(client, copyOf(select), onRow, () => {
    if (batches.ready > 0) wake()
    return batches.ready >= batchesAhead
  })
  const settled = copy.done.then(
    () => {},
    (error: unknown) => {
      failure = error ?? new Error('the connection broke')
    },
  )
  const end = settled.then(() => {
    ended = true
    wake()
  })
  const stop = () => kill(client, config)
  signal.addEventListener('abort', stop, { once: true })
  try {
    client.query(copy)
    while (true) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      const batch = batches.take()
      if (batch) {
        yield batch
        if (batches.ready < batchesAhead) copy.resume()
      } else if (ended) break
      else await woken
    }
    if (failure)
      throw signal.aborted ? signal.reason : postgresError(reasonOf(client, failure), config, `reading ${stream}`)
  } finally {
    signal.removeEventListener('abort', stop)
    // Left early: nothing but the end of the connection stops the server.
    if (!ended) stop()
    await end
  }
}

/** What `onRow` has filled. */
interface Ready<T> {
  readonly ready: number
  take(): T | undefined
}

function* take<T>(batches: Ready<T>): Generator<T> {
  for (let batch = batches.take(); batch; batch = batches.take()) yield batch
}
