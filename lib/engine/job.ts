import type { ConfiguredStream } from '../connectors/connector.ts'

export const jobStatuses = ['pending', 'running', 'incomplete', 'failed', 'succeeded', 'cancelled'] as const
export type JobStatus = (typeof jobStatuses)[number]
export type AttemptStatus = 'running' | 'failed' | 'succeeded'

export type FailureOrigin = 'source' | 'destination' | 'replication' | 'airbyte_platform'

/** Why an attempt failed, in Airbyte's words (config API, FailureReason). `externalMessage` is for the user: no secrets. */
export interface FailureReason {
  failureOrigin: FailureOrigin
  failureType: 'config_error' | 'transient_error' | 'system_error' | 'manual_cancellation'
  externalMessage: string
  /** Epoch milliseconds. */
  timestamp: number
}

export interface StreamName {
  name: string
  namespace?: string
}

/** What one attempt has done for one stream so far. Bytes are those that the source sent. */
export interface StreamStatistics extends StreamName {
  recordsEmitted: number
  bytesEmitted: number
  recordsCommitted: number
  bytesCommitted: number
  statesEmitted: number
  /** The destination has finished the stream. */
  complete: boolean
  /** By column; absent when every value arrived. */
  leftOut?: readonly LeftOut[]
}

/** Values of one column that their type cannot hold: NULL at the destination, see `_airbyte_meta`. */
export interface LeftOut {
  field: string
  reason: string
  values: number
  /** The first of them, as the source writes it; shortened. */
  example: string
}

export const jobTypes = ['sync', 'refresh', 'clear', 'reset_connection'] as const
/** Airbyte's configType; a reset is what a clear was called before 1.0. */
export type JobType = (typeof jobTypes)[number]

/** What a job is asked to do; without streams, with all that the connection has. */
export interface JobTask {
  configType: JobType
  streams?: readonly StreamName[]
  replaceBy?: Replacement
}

/** What takes the place of all that the destination has of a stream: its rows read anew, or nothing. */
export type Replacement = 'all' | 'none'

/** One stream of a job as it was configured when the job was created. */
export interface PlannedStream {
  stream: ConfiguredStream
  target: StreamName
  generationId: number
  /** Whatever the destination sync mode says. */
  replaceBy?: Replacement
}

export interface Attempt {
  jobId: number
  /** From 0. */
  number: number
  status: AttemptStatus
  createdAt: Date
  updatedAt: Date
  endedAt?: Date
  failures: readonly FailureReason[]
  streams: readonly StreamStatistics[]
}

export interface Job {
  id: number
  connectionId: string
  configType: JobType
  status: JobStatus
  streams: readonly PlannedStream[]
  createdAt: Date
  updatedAt: Date
  startedAt?: Date
  /** When an incomplete job's next attempt is due. */
  retryAt?: Date
}

/** The job state machine of Airbyte 2.0.0; failed, succeeded and cancelled are the end. */
const next: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  pending: ['running', 'failed', 'cancelled', 'incomplete'],
  running: ['incomplete', 'succeeded', 'failed', 'cancelled'],
  incomplete: ['pending', 'running', 'failed', 'cancelled', 'incomplete', 'succeeded'],
  failed: [],
  succeeded: [],
  cancelled: [],
}

export const isTerminal = (status: JobStatus): boolean => next[status].length === 0

export const mayBecome = (from: JobStatus, to: JobStatus): boolean => next[from].includes(to)

/** Sums of any number of streams or attempts, flattened by the caller. */
export const totalOf = (streams: readonly StreamStatistics[]) => ({
  recordsEmitted: sum(streams, 'recordsEmitted'),
  bytesEmitted: sum(streams, 'bytesEmitted'),
  recordsCommitted: sum(streams, 'recordsCommitted'),
  bytesCommitted: sum(streams, 'bytesCommitted'),
  statesEmitted: sum(streams, 'statesEmitted'),
})

const sum = (
  streams: readonly StreamStatistics[],
  key: 'recordsEmitted' | 'bytesEmitted' | 'recordsCommitted' | 'bytesCommitted' | 'statesEmitted',
) => streams.reduce((total, stream) => total + stream[key], 0)

/** One key per stream; a missing namespace and an empty one name the same stream. */
export const streamKey = ({ name, namespace }: { name: string; namespace?: string | undefined }): string =>
  JSON.stringify([namespace ?? '', name])
