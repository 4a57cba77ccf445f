import { isTerminal, type Job, jobStats } from '../../airbyte/jobs.ts'
import type { AttemptRead, FailureReason, ValuesLeftOut } from '../../airbyte/types.ts'
import { maskLog } from './mask-log.ts'

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
  /** Of the embedded engine only: values that are NULL because their column could not hold them, with one of them. */
  valuesLeftOut?: ValuesLeftOut[]
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
  const failure = !outcome || isWell(outcome) ? undefined : failureOf(failures, outcome)
  const failed = outcome && !isWell(outcome) ? failedStreams(failures) : new Map<string, StreamName>()
  const counted = new Set(stats.streams.map(keyOf))
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
    streams: [
      ...stats.streams,
      // Of a stream that failed at once there may be no count at all.
      ...[...failed.values()]
        .filter((one) => !counted.has(keyOf(one)))
        .map((one) => ({ ...one, records: 0, bytes: 0, valuesLeftOut: [] })),
    ].map(({ name, namespace, records, bytes, valuesLeftOut }) => ({
      name,
      ...(namespace === undefined ? {} : { namespace }),
      recordsSynced: records,
      bytesSynced: bytes,
      ...(failed.has(keyOf({ name, namespace })) ? { status: 'failed' as const } : {}),
      ...(valuesLeftOut.length > 0 ? { valuesLeftOut: [...valuesLeftOut] } : {}),
    })),
    ...(failure ? { failure } : {}),
  }
}

/** Undefined while the job goes on, an unknown status included. Only `succeeded` is success. */
export const outcomeOf = (job: Job): Outcome | undefined => {
  const { read, attempts } = job
  const last = attempts.at(-1)
  const stats = jobStats(job)
  switch (read.status) {
    case 'cancelled':
      return 'CANCELLED'
    case 'failed':
      return last?.failureSummary?.partialSuccess === true && stats.recordsCommitted > 0 ? 'PARTIAL' : 'FAILED'
    case 'succeeded': {
      const isEmpty = stats.recordsCommitted === 0 && stats.recordsEmitted === 0
      // A pod that never started has been called succeeded: nothing moved, and no stream told anything.
      if (isEmpty && (stats.streams.length === 0 || last?.status === 'failed')) return 'SUSPECT'
      return failedStreams(failuresOf(last)).size > 0 || last?.status === 'failed' ? 'PARTIAL' : 'SUCCEEDED'
    }
    default:
      return undefined
  }
}

const isWell = (outcome: Outcome) => outcome === 'SUCCEEDED' || outcome === 'SUSPECT'

interface StreamName {
  name: string
  namespace: string | undefined
}
const keyOf = ({ name, namespace }: StreamName) => JSON.stringify([namespace, name])

/** By key. */
const failedStreams = (failures: readonly FailureReason[]): ReadonlyMap<string, StreamName> =>
  new Map(
    failures.flatMap(({ streamDescriptor: at }) => {
      const stream = at ? { name: at.name, namespace: at.namespace ?? undefined } : undefined
      return stream ? [[keyOf(stream), stream] as const] : []
    }),
  )

const failuresOf = (attempt: AttemptRead | undefined): readonly FailureReason[] =>
  attempt?.failureSummary?.failures ?? []

/** The first failure is the cause as a rule; one with a message for people is preferred. */
const failureOf = (failures: readonly FailureReason[], outcome: Outcome): Failure | undefined => {
  const chosen = failures.find((one) => one.externalMessage) ?? failures[0]
  if (!chosen && outcome === 'CANCELLED') return undefined
  const message = chosen?.externalMessage ?? 'Airbyte gives no reason; the log of the last attempt has more.'
  return {
    ...(chosen?.failureOrigin ? { origin: chosen.failureOrigin } : {}),
    ...(chosen?.failureType ? { type: chosen.failureType } : {}),
    message: maskLog(message.split('\n')).join('\n').slice(0, messageLength),
    retryable: chosen?.failureType === 'config_error' ? false : (chosen?.retryable ?? true),
  }
}

const isoOf = (epochSeconds: number) => new Date(epochSeconds * 1000).toISOString()
