import { isTerminal, type Job, jobStats } from '../airbyte/jobs.ts'
import type { AttemptRead, FailureReason } from '../airbyte/types.ts'

/** The last two are known to the waiting only. */
export const outcomes = ['SUCCEEDED', 'PARTIAL', 'SUSPECT', 'FAILED', 'CANCELLED', 'TIMED_OUT', 'LOST'] as const
export type Outcome = (typeof outcomes)[number]

export interface Failure {
  origin?: string
  type?: string
  message: string
  /** Another sync may succeed without anybody changing something. */
  retryable: boolean
}

export interface StreamResult {
  name: string
  namespace?: string
  recordsSynced: number
  bytesSynced: number
  status?: 'failed'
}

/** A job in this API's words. */
export interface JobResult {
  jobId: number
  connectionId: string
  status: string
  outcome?: Outcome
  recordsSynced: number
  bytesSynced: number
  startedAt: string
  endedAt?: string
  attempts: number
  streams: StreamResult[]
  failure?: Failure
}

const messageLength = 2_000

export const jobResult = (job: Job): JobResult => {
  const { read, attempts } = job
  const stats = jobStats(job)
  const last = attempts.at(-1)
  const failures = failuresOf(last)
  const outcome = outcomeOf(job)
  const endedAt = last?.endedAt ?? read.updatedAt ?? undefined
  const failure = outcome === 'SUCCEEDED' || outcome === 'SUSPECT' || !outcome ? undefined : failureOf(failures)
  const isFailed = (name: string, namespace: string | undefined) =>
    failures.some(({ streamDescriptor: at }) => at?.name === name && (at.namespace ?? undefined) === namespace)
  return {
    jobId: read.id,
    connectionId: read.configId,
    status: read.status,
    ...(outcome ? { outcome } : {}),
    recordsSynced: stats.records ?? 0,
    bytesSynced: stats.bytes ?? 0,
    startedAt: isoOf(read.startedAt ?? read.createdAt),
    ...(isTerminal(read.status) && endedAt !== undefined ? { endedAt: isoOf(endedAt) } : {}),
    attempts: attempts.length,
    streams: stats.streams.map(({ name, namespace, records, bytes }) => ({
      name,
      ...(namespace === undefined ? {} : { namespace }),
      recordsSynced: records,
      bytesSynced: bytes,
      ...(outcome && outcome !== 'SUCCEEDED' && isFailed(name, namespace) ? { status: 'failed' as const } : {}),
    })),
    ...(failure ? { failure } : {}),
  }
}

/** Undefined while the job goes on, an unknown status included. Only `succeeded` is success. */
export const outcomeOf = (job: Job): Outcome | undefined => {
  const { read, attempts } = job
  if (read.status === 'cancelled') return 'CANCELLED'
  if (read.status === 'failed') {
    const isPartial = attempts.at(-1)?.failureSummary?.partialSuccess === true && jobStats(job).recordsCommitted > 0
    return isPartial ? 'PARTIAL' : 'FAILED'
  }
  if (read.status !== 'succeeded') return undefined
  const stats = jobStats(job)
  // A pod that never started has been called succeeded: nothing moved, and no stream told anything.
  const isSuspect = stats.recordsCommitted === 0 && stats.recordsEmitted === 0 && stats.streams.length === 0
  return isSuspect ? 'SUSPECT' : 'SUCCEEDED'
}

const failuresOf = (attempt: AttemptRead | undefined): readonly FailureReason[] =>
  attempt?.failureSummary?.failures ?? []

/** The first failure is the cause as a rule; one with a message for people is preferred. */
const failureOf = (failures: readonly FailureReason[]): Failure | undefined => {
  const chosen = failures.find((one) => one.externalMessage) ?? failures[0]
  if (!chosen) return undefined
  return {
    ...(chosen.failureOrigin ? { origin: chosen.failureOrigin } : {}),
    ...(chosen.failureType ? { type: chosen.failureType } : {}),
    message: (chosen.externalMessage ?? 'Airbyte gives no reason; its log of the last attempt has more.').slice(
      0,
      messageLength,
    ),
    retryable: chosen.failureType === 'config_error' ? false : (chosen.retryable ?? true),
  }
}

const isoOf = (epochSeconds: number) => new Date(epochSeconds * 1000).toISOString()
