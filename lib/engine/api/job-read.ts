import { type Attempt, isTerminal, type Job, type StreamStatistics, streamKey, totalOf } from '../job.ts'
import type { Store } from '../store/store.ts'
import { epochSeconds, present } from './wire.ts'

/**
 * JobRead. Airbyte fills the statistics of an ended job in some answers only, the engine in all. `summary` is not
 * Airbyte's: scripts written for the API reference read it.
 */
export const jobRead = (job: Job, attempts: readonly Attempt[]) => {
  const statistics = attempts.flatMap(({ streams }) => streams)
  const streams = job.streams.map(({ stream }) => present({ name: stream.name, namespace: stream.namespace }))
  const hasEnded = isTerminal(job.status)
  return present({
    id: job.id,
    configType: job.configType,
    configId: job.connectionId,
    enabledStreams: streams,
    resetConfig: isReset(job) ? { streamsToReset: streams } : undefined,
    refreshConfig: job.configType === 'refresh' ? { streamsToRefresh: streams } : undefined,
    createdAt: epochSeconds(job.createdAt),
    updatedAt: epochSeconds(job.updatedAt),
    startedAt: job.startedAt && epochSeconds(job.startedAt),
    status: job.status,
    aggregatedStats: hasEnded ? statsOf(totalOf(statistics), true) : undefined,
    streamAggregatedStats: hasEnded ? sumsByStream(statistics) : undefined,
    summary: {
      recordsSynced: sumOf(attempts.map((attempt) => syncedOf(attempt).recordsSynced)),
      bytesSynced: sumOf(attempts.map((attempt) => syncedOf(attempt).bytesSynced)),
    },
  })
}

/**
 * AttemptRead. What a running attempt will have committed is not known before its end: told only then, so that a client
 * that shows "committed when known, else emitted" sees it progress.
 */
const attemptRead = (attempt: Attempt) => {
  const hasEnded = attempt.status !== 'running'
  const total = totalOf(attempt.streams)
  return present({
    id: attempt.number,
    status: attempt.status,
    createdAt: epochSeconds(attempt.createdAt),
    updatedAt: epochSeconds(attempt.updatedAt),
    endedAt: attempt.endedAt && epochSeconds(attempt.endedAt),
    ...syncedOf(attempt),
    totalStats: statsOf(total, hasEnded),
    streamStats: attempt.streams.map((stream) => ({
      ...streamNameOf(stream),
      stats: statsOf(stream, hasEnded),
      // Not Airbyte's: there, only the records themselves tell.
      ...(stream.leftOut ? { valuesLeftOut: stream.leftOut } : {}),
    })),
    failureSummary:
      attempt.failures.length > 0
        ? { failures: attempt.failures, partialSuccess: total.recordsCommitted > 0 }
        : undefined,
  })
}

/** JobInfoRead; `withLogs` adds the whole log of each attempt. */
export const jobInfo = (job: Job, store: Store, { withLogs = false } = {}) => {
  const attempts = store.attempts.listOfJob(job.id)
  return {
    job: jobRead(job, attempts),
    attempts: attempts.map((attempt) => ({
      attempt: attemptRead(attempt),
      ...(withLogs
        ? { logType: 'formatted', logs: { logLines: store.attempts.logLines(job.id, attempt.number) } }
        : {}),
    })),
  }
}

/** An item of jobs/list: Airbyte's own shape, and beside it the job's members, which the API reference reads there. */
export const jobListItem = (job: Job, store: Store) => {
  const attempts = store.attempts.listOfJob(job.id)
  const read = jobRead(job, attempts)
  return { ...read, job: read, attempts: attempts.map(attemptRead) }
}

const isReset = ({ configType }: Job) => configType === 'clear' || configType === 'reset_connection'

type Counts = Omit<StreamStatistics, 'name' | 'namespace' | 'complete' | 'leftOut'>

const statsOf = (counts: Counts, isCommitKnown: boolean) =>
  present({
    recordsEmitted: counts.recordsEmitted,
    bytesEmitted: counts.bytesEmitted,
    stateMessagesEmitted: counts.statesEmitted,
    recordsCommitted: isCommitKnown ? counts.recordsCommitted : undefined,
    bytesCommitted: isCommitKnown ? counts.bytesCommitted : undefined,
    recordsRejected: 0,
  })

/** Committed once the attempt has ended, emitted until then. */
const syncedOf = ({ status, streams }: Attempt) => {
  const total = totalOf(streams)
  return status === 'running'
    ? { recordsSynced: total.recordsEmitted, bytesSynced: total.bytesEmitted }
    : { recordsSynced: total.recordsCommitted, bytesSynced: total.bytesCommitted }
}

const streamNameOf = ({ name, namespace }: StreamStatistics) =>
  present({ streamName: name, streamNamespace: namespace })

/** StreamStats of a job: summed over its attempts. */
const sumsByStream = (statistics: readonly StreamStatistics[]) =>
  [...Map.groupBy(statistics, streamKey).values()].flatMap((streams) => {
    const [first] = streams
    if (!first) return []
    return [{ ...streamNameOf(first), ...statsOf(totalOf(streams), true) }]
  })

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0)
