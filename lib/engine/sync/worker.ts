/**
 * What the process of one sync does. Its orders, secrets included, come over the process's own channel; when that channel
 * closes, because the engine is gone or has heard the end, the process ends.
 */
import { setFlagsFromString } from 'node:v8'
import type { Destination, Source } from '../../connectors/connector.ts'
import { destinations, sources } from '../../connectors/registry.ts'
import { IngestionError } from '../../errors.ts'
import type { FailureReason, StreamStatistics } from '../job.ts'
import { failureReason } from '../jobs/failure.ts'
import type { SyncOrder } from '../jobs/sync-order.ts'
import { redactor, secretsOf } from '../secrets.ts'
import { blame, originOf, rootOf } from './blame.ts'
import type { FromProcess, ToProcess } from './messages.ts'
import { emptyStatistics, runSync, type SyncReport } from './pump.ts'
import { statisticsFeed } from './statistics-feed.ts'

const statisticsEveryMs = 200

// V8 would mark its whole heap after each 64 MB of new buffers: a quarter of a sync's processor time, for rows that are not in it.
setFlagsFromString('--external-memory-accounted-in-global-limit')

const cancelled = new AbortController()

const tell = (message: FromProcess) => {
  if (process.connected) process.send?.(message)
}

/** Runs the order to its end and tells how it went; never throws. */
const sync = async (order: SyncOrder): Promise<void> => {
  const statistics = order.streams.map(emptyStatistics)
  let redact = (text: string) => text
  const log = (text: string) => tell({ type: 'log', text: `${new Date().toISOString()} ${redact(text)}` })
  const changed = statisticsFeed(statistics)
  const ticker = setInterval(() => {
    const streams = changed()
    if (streams.length > 0) tell({ type: 'statistics', streams })
  }, statisticsEveryMs)
  const end = (failures: readonly FailureReason[]) => {
    clearInterval(ticker)
    tell({ type: 'ended', streams: changed(), failures })
  }
  const fail = (thrown: unknown) => {
    const error = rootOf(thrown)
    const reason = failureReason(error, originOf(error), redact)
    log(`failed: ${reason.externalMessage}`)
    if (!cancelled.signal.aborted) log(stackOf(error))
    end([reason])
  }
  // A connector's stray callback: the process cannot be trusted any more, but its last words can.
  process.on('uncaughtException', fail)
  try {
    const source = connectorOf<Source>(sources, order.source.definitionId)
    const destination = connectorOf<Destination>(destinations, order.destination.definitionId)
    redact = redactor([
      ...secretsOf(order.source.configuration, source.connectionSpecification),
      ...secretsOf(order.destination.configuration, destination.connectionSpecification),
    ])
    log(`attempt ${order.attempt}: ${source.name} to ${destination.name}, ${order.streams.length} streams`)
    await move(order, source, destination, statistics, {
      log,
      state: (stream, state) => tell({ type: 'state', stream, state, streams: changed() }),
      complete: () => tell({ type: 'statistics', streams: changed() }),
    })
    log('succeeded')
    end([])
  } catch (error) {
    fail(error)
  }
}

const move = async (
  order: SyncOrder,
  source: Source,
  destination: Destination,
  statistics: readonly StreamStatistics[],
  report: SyncReport,
) => {
  const { signal } = cancelled
  const startedAt = performance.now()
  await using stack = new AsyncDisposableStack()
  const [openSource, openDestination] = await bothOrNeither(
    stack,
    blame(
      'source',
      Promise.try(() => source.open(source.parseConfig(order.source.configuration), signal)),
    ),
    blame(
      'destination',
      Promise.try(() => destination.open(destination.parseConfig(order.destination.configuration), signal)),
    ),
  )
  report.log(`both sides open after ${Math.round(performance.now() - startedAt)} ms`)
  const { connectionId, jobId, attempt } = order
  await runSync({
    source: openSource,
    destination: openDestination,
    streams: order.streams,
    identity: { connectionId, jobId, attempt, startedAt: new Date(order.startedAt) },
    statistics,
    report,
    signal,
    checkpoints: order.checkpoints,
  })
}

const prepare = (definitionIds: readonly string[]) => {
  // What cannot be loaded now will be told when it is needed.
  for (const connector of [...sources, ...destinations])
    if (definitionIds.includes(connector.definitionId)) connector.preload?.().catch(() => undefined)
}

const connectorOf = <Kind extends Source | Destination>(connectors: readonly Kind[], definitionId: string): Kind => {
  const found = connectors.find((connector) => connector.definitionId === definitionId)
  if (!found) throw new IngestionError('connector_unknown', `No connector has the definition ${definitionId}.`)
  return found
}

/** Both sides, opened at the same time and disposed by `stack`; when one fails the other is disposed too. */
const bothOrNeither = async <A extends AsyncDisposable, B extends AsyncDisposable>(
  stack: AsyncDisposableStack,
  first: Promise<A>,
  second: Promise<B>,
): Promise<[A, B]> => {
  const settled = await Promise.allSettled([first, second])
  for (const result of settled) if (result.status === 'fulfilled') stack.use<AsyncDisposable>(result.value)
  return Promise.all([first, second])
}

const stackOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}

// Ctrl-C reaches the whole process group: the engine decides what a sync does then, and tells it.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToProcess) => {
  if (message.type === 'cancel') cancelled.abort(new Error('cancelled'))
  if (message.type === 'prepare') prepare(message.definitionIds)
  if (message.type === 'start') void sync(message.order)
})
tell({ type: 'ready' })
