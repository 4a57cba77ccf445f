import type {
  Batch,
  ConfiguredStream,
  OpenDestination,
  OpenSource,
  StreamRead,
  StreamState,
  StreamWriter,
  SyncIdentity,
  ValueChange,
} from '../../connectors/connector.ts'
import type { LeftOut, PlannedStream, Replacement, StreamName, StreamStatistics } from '../job.ts'
import { blame } from './blame.ts'

/** How much may be written before the destination is asked to commit, so that a failure loses little. */
export interface CheckpointRule {
  everyRows: number
  everyMs: number
}

const defaultCheckpointRule: CheckpointRule = { everyRows: 2_000_000, everyMs: 30_000 }

/** What a sync tells while it runs. Called in order; not awaited. */
export interface SyncReport {
  /** The stream's rows up to this state are committed. */
  state(stream: StreamName, state: StreamState): void
  /** A stream without states is committed; an attempt after a kill repeats it when its statistics have not been told. */
  complete(): void
  log(text: string): void
}

export interface Sync {
  source: OpenSource
  destination: OpenDestination
  streams: readonly (PlannedStream & { state?: StreamState })[]
  identity: Omit<SyncIdentity, 'generationId'>
  /** One per stream, in the same order; counted up in place, so that a caller may look at any time. */
  statistics: readonly StreamStatistics[]
  report: SyncReport
  signal: AbortSignal
  checkpoints?: CheckpointRule | undefined
}

export const emptyStatistics = ({ stream }: PlannedStream): StreamStatistics => ({
  name: stream.name,
  ...(stream.namespace ? { namespace: stream.namespace } : {}),
  recordsEmitted: 0,
  bytesEmitted: 0,
  recordsCommitted: 0,
  bytesCommitted: 0,
  statesEmitted: 0,
  complete: false,
})

/**
 * Moves the streams one after the other. The next batch is read while the last one is written; a state is reported only
 * after the destination has committed what it covers. Throws an error that says in `details.origin` which side failed.
 */
export const runSync = async (sync: Sync): Promise<void> => {
  for (const [index, planned] of sync.streams.entries()) {
    const statistics = sync.statistics[index]
    if (statistics) await moveStream(sync, planned, statistics)
  }
}

const moveStream = async (
  sync: Sync,
  planned: PlannedStream & { state?: StreamState },
  statistics: StreamStatistics,
): Promise<void> => {
  const { source, destination, report, checkpoints = defaultCheckpointRule } = sync
  const { target, generationId, state, replaceBy } = planned
  const stream: ConfiguredStream = replaceBy ? { ...planned.stream, destinationSyncMode: 'overwrite' } : planned.stream
  const startedAt = performance.now()
  // A failed write must end the read that runs beside it, or the source would go on for nobody.
  const writeFailed = new AbortController()
  const signal = AbortSignal.any([sync.signal, writeFailed.signal])

  const read = await blame('source', source.read(stream, state, signal))
  const openWriter = (written: ConfiguredStream) =>
    blame(
      'destination',
      destination.openStream(
        {
          stream: written,
          namespace: target.namespace,
          name: target.name,
          fields: read.fields,
          sync: { ...sync.identity, generationId },
          ...(read.session ? { sourceSession: read.session } : {}),
        },
        signal,
      ),
    )
  await using writer = await openWriter(stream)
  const batches = deliveries(read, writer, stream, replaceBy)
  /** What has replaced the old rows may hold several of one key: to write nothing more makes the table one of its mode. */
  const dedup = async () => {
    await using deduped = await openWriter(planned.stream)
    await blame('destination', deduped.finish())
  }
  let withoutCursor = 0
  let writing: Promise<void> = Promise.resolve()
  let lastState: StreamState | undefined
  let committedAt = performance.now()
  const commit = async (step: 'checkpoint' | 'finish') => {
    const committed = await blame('destination', writer[step]())
    if (replaceBy === 'all' && planned.stream.destinationSyncMode === 'append_dedup') await dedup()
    statistics.recordsCommitted = committed.rows
    statistics.bytesCommitted = statistics.bytesEmitted
    statistics.complete = step === 'finish'
    committedAt = performance.now()
    if (lastState === undefined || !isResumable(stream)) return report.complete()
    statistics.statesEmitted += 1
    report.state(stream, lastState)
  }

  try {
    for (;;) {
      const next = blame('source', batches.next())
      next.catch(() => undefined)
      await writing
      const { done, value: delivery } = await next
      if (done) break
      const { batch } = delivery
      sync.signal.throwIfAborted()
      writing = blame('destination', delivery.write()).then((changes) => countChanges(statistics, changes))
      writing.catch((error) => writeFailed.abort(error))
      count(statistics, batch)
      withoutCursor += delivery.withoutCursor
      lastState = batch.state ?? lastState
      if (!isCheckpointDue(stream, batch, statistics, performance.now() - committedAt, checkpoints)) continue
      await writing
      await commit('checkpoint')
    }
    await commit('finish')
  } finally {
    // The source's cursor is freed also when the destination has failed; its own errors then say nothing new.
    await Promise.allSettled([writing, batches.return(undefined)])
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(3)
  const done = replaceBy === 'none' ? 'cleared' : `${statistics.recordsCommitted} records committed`
  report.log(`stream ${nameOf(target)}: ${done} in ${seconds} s`)
  if (withoutCursor > 0)
    report.log(
      `stream ${nameOf(target)}: warning: ${withoutCursor} records have no value in the cursor ${stream.cursorField.join('.')}. Such records are sent by the first sync only: choose a cursor that is never NULL, or full_refresh`,
    )
}

/** What the engine has to know of rows, in whatever form they travel. */
type Parcel = Pick<Batch, 'rows' | 'sourceBytes' | 'state' | 'changes'>

interface Delivery {
  readonly batch: Parcel
  /** Records whose cursor is NULL: no later sync can find them. */
  readonly withoutCursor: number
  write(): Promise<readonly ValueChange[]>
}

/** Rows travel undecoded where both sides can, as columns else. */
async function* deliveries(
  read: StreamRead,
  writer: StreamWriter,
  stream: ConfiguredStream,
  replaceBy: Replacement | undefined,
): AsyncGenerator<Delivery, undefined> {
  if (replaceBy === 'none') return
  const { writeCopy } = writer
  if (read.copy && writeCopy) {
    for await (const batch of read.copy) yield { batch, withoutCursor: 0, write: () => writeCopy(batch).then(() => []) }
    return
  }
  const cursor = isResumable(stream) ? read.fields.findIndex(({ name }) => name === stream.cursorField[0]) : -1
  for await (const batch of read.batches)
    yield { batch, withoutCursor: batch.columns[cursor]?.nulls ?? 0, write: () => writer.write(batch) }
}

/** Only what is appended may be committed in parts; an overwrite replaces the old data whole or not at all. */
const isCheckpointDue = (
  stream: ConfiguredStream,
  batch: Parcel,
  { recordsEmitted, recordsCommitted }: StreamStatistics,
  sinceCommitMs: number,
  { everyRows, everyMs }: CheckpointRule,
) =>
  batch.state !== undefined &&
  isResumable(stream) &&
  stream.destinationSyncMode !== 'overwrite' &&
  (recordsEmitted - recordsCommitted >= everyRows || sinceCommitMs >= everyMs)

const isResumable = ({ syncMode }: ConfiguredStream) => syncMode === 'incremental'

const count = (statistics: StreamStatistics, batch: Parcel) => {
  statistics.recordsEmitted += batch.rows
  statistics.bytesEmitted += batch.sourceBytes
  countChanges(statistics, batch.changes ?? [])
}

const countChanges = (statistics: StreamStatistics, changes: readonly ValueChange[]) => {
  if (changes.length > 0) statistics.leftOut = withChanges(statistics.leftOut ?? [], changes)
}

const exampleLength = 100

const withChanges = (known: readonly LeftOut[], changes: readonly ValueChange[]): readonly LeftOut[] => {
  const all = known.map((one) => ({ ...one }))
  for (const { field, reason, value } of changes) {
    const same = all.find((one) => one.field === field && one.reason === reason)
    if (same) same.values++
    else all.push({ field, reason, values: 1, example: value.slice(0, exampleLength) })
  }
  return all
}

const nameOf = ({ namespace, name }: StreamName) => (namespace ? `${namespace}.${name}` : name)
