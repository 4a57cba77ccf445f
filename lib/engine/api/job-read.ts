import { type Attempt, type Job, type StreamStatistics, streamKey, totalOf } from '../job.ts'
import type { Store } from '../store/store.ts'
import { epochSeconds, present } from './wire.ts'

/**
 * JobRead. Airbyte fills the statistics in some answers only; the engine always. `summary` is not Airbyte's: scripts
 * written for the API reference read it.
 */
export const jobRead = (job: Job, attempts: readonly Attempt[]) => {
  const statistics = attempts.flatMap(({ streams }) => streams)
  const total = totalOf(statistics)
  return present({
    id: job.id,
    configType: 'sync',
    configId: job.connectionId,
    enabledStreams: job.streams.map(({ stream }) => present({ name: stream.name, namespace: stream.namespace })),
    createdAt: epochSeconds(job.createdAt),
    updatedAt: epochSeconds(job.updatedAt),
    startedAt: job.startedAt && epochSeconds(job.startedAt),
    status: job.status,
    aggregatedStats: countsOf(total),
    streamAggregatedStats: sumsByStream(statistics).map((stream) => ({ ...streamNameOf(stream), ...countsOf(stream) })),
    summary: {
      recordsSynced: total.recordsCommitted,
      bytesSynced: total.bytesCommitted,
    },
  })
}

/** AttemptRead. */
const attemptRead = (attempt: Attempt) => {
  const total = totalOf(attempt.streams)
  return present({
    id: attempt.number,
    status: attempt.status,
    createdAt: epochSeconds(attempt.createdAt),
    updatedAt: epochSeconds(attempt.updatedAt),
    endedAt: attempt.endedAt && epochSeconds(attempt.endedAt),
    bytesSynced: total.bytesCommitted,
    recordsSynced: total.recordsCommitted,
    totalStats: statsOf(total),
    streamStats: attempt.streams.map((stream) => ({ ...streamNameOf(stream), stats: statsOf(stream) })),
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

type Counts = Pick<StreamStatistics, 'recordsEmitted' | 'bytesEmitted' | 'recordsCommitted' | 'bytesCommitted'>

const countsOf = ({ recordsEmitted, bytesEmitted, recordsCommitted, bytesCommitted }: Counts) => ({
  recordsEmitted,
  bytesEmitted,
  recordsCommitted,
  bytesCommitted,
  recordsRejected: 0,
})

const statsOf = (counts: Counts & { statesEmitted: number }) => ({
  ...countsOf(counts),
  stateMessagesEmitted: counts.statesEmitted,
})

const streamNameOf = ({ name, namespace }: StreamStatistics) =>
  present({ streamName: name, streamNamespace: namespace })

const sumsByStream = (statistics: readonly StreamStatistics[]): StreamStatistics[] =>
  [...Map.groupBy(statistics, streamKey).values()].flatMap((streams) => {
    const [first] = streams
    return first ? [{ ...first, ...totalOf(streams) }] : []
  })
