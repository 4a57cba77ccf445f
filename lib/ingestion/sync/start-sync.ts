import { isTerminal } from '../../airbyte/jobs.ts'
import { upstreamFailure } from '../../airbyte/upstream-error.ts'
import { IngestionError } from '../../errors.ts'
import { log, loggable } from '../../log.ts'
import { count } from '../../metrics.ts'
import type { Services } from '../../services.ts'
import { found, uuidAt } from '../known-id.ts'
import type { WaitState } from '../waiting/decide-poll.ts'
import { executionName } from '../waiting/execution-name.ts'
import { waitOnce } from '../waiting/waits.ts'
import { type JobKind, type StartedJob, startedSince, startJob } from './start-job.ts'

export interface SyncOptions {
  job?: JobKind | undefined
  streams?: readonly { name: string; namespace?: string | undefined }[] | undefined
  refreshMode?: 'merge' | 'truncate' | undefined
  ifRunning?: 'attach' | 'skip' | 'fail' | undefined
  maxSeconds?: number | undefined
  onTimeout?: 'cancel' | 'detach' | undefined
  failOnEmpty?: boolean | undefined
}

export interface StartSync extends SyncOptions {
  connectionId: string
  /** Where the request named the connection. */
  pointer: string
  /** Names this start for good: another one of the same name finds what the first did. */
  key?: readonly string[] | undefined
  /** Fail when nothing can wait for the job, for a caller that will not ask again by itself. */
  mustWait?: boolean | undefined
}

export interface StartedSync {
  jobId: number
  connectionId: string
  attached: boolean
  executionArn?: string
}

export interface SkippedSync {
  skipped: true
  jobId: number
  connectionId: string
}

const dayInSeconds = 86_400
/** A look at the jobs and a line in the table; both answer within a second or not at all. */
const markMs = 20_000

/** Starts a sync, or attaches to the one that runs, and has a state machine wait for it. Never starts a second one in doubt. */
export const startSync = async (
  services: Services,
  input: StartSync,
  signal: AbortSignal,
): Promise<StartedSync | SkippedSync> => {
  const connectionId = uuidAt(input.connectionId, input.pointer, 'ingestion')
  const { job, how } = await start(services, connectionId, input, signal)
  if (how === 'skipped') return { skipped: true, jobId: job.id, connectionId }
  const executionArn = await waitFor(services, job, input, signal)
  return {
    jobId: job.id,
    connectionId,
    attached: how === 'attached',
    ...(executionArn === undefined ? {} : { executionArn }),
  }
}

const start = async (
  { airbyte, idempotency }: Services,
  connectionId: string,
  input: StartSync,
  signal: AbortSignal,
): Promise<StartedJob> => {
  const { key, streams, pointer } = input
  const recent = () => found(airbyte.jobs.recent(connectionId, signal), connectionId, pointer, 'ingestion')
  const newestId = async () => (await recent())[0]?.id ?? 0
  // With a key the mark outlives this attempt, so the next one knows what this one may have started.
  const isMarked = key !== undefined && idempotency !== undefined
  const newestBefore = isMarked
    ? await idempotency.once({ key: [...key, connectionId, 'newest job before'], remainingMs: markMs }, newestId)
    : await newestId().catch(unlessDown)
  if (isMarked && newestBefore !== undefined) {
    const job = startedSince(newestBefore, kindOf(input), await recent())
    if (job) return { job, how: 'started' }
  }
  return startJob(
    airbyte,
    {
      connectionId,
      pointer,
      kind: kindOf(input),
      streams: (streams ?? []).map(({ name, namespace }) => ({
        streamName: name,
        ...(namespace === undefined ? {} : { streamNamespace: namespace }),
      })),
      refreshMode: input.refreshMode ?? 'merge',
      ifRunning: input.ifRunning ?? 'attach',
      newestBefore,
    },
    signal,
  )
}

/** What keeps the jobs from being read, but perhaps not a sync from being started, is no reason not to start one. */
const unlessDown = (error: unknown): undefined => {
  if (upstreamFailure(error)?.status === undefined) throw error
}

/** Airbyte's syncs are of all streams; some of them are refreshed. */
const kindOf = ({ job, streams }: SyncOptions): JobKind => {
  if (job === 'sync' && streams?.length)
    throw new IngestionError('invalid_input', 'A sync is one of all streams; a refresh or a clear may name some.', {
      errors: [{ pointer: '/streams', message: 'goes with "job": "refresh" or "clear"' }],
    })
  return job ?? (streams?.length ? 'refresh' : 'sync')
}

/**
 * Has the state machine wait. When that fails the sync runs all the same, so the answer is the job without an execution:
 * asking again attaches to it and starts the waiting.
 */
export const waitFor = async (
  { airbyte, executions, now }: Services,
  job: StartedJob['job'],
  {
    maxSeconds = dayInSeconds,
    onTimeout = 'cancel',
    failOnEmpty = false,
    mustWait = false,
  }: SyncOptions & Pick<StartSync, 'mustWait'>,
  signal: AbortSignal,
): Promise<string | undefined> => {
  if (!executions) return undefined
  const name = executionName(airbyte.baseUrl, {
    jobId: job.id,
    connectionId: job.configId,
    createdAtSeconds: job.createdAt,
  })
  const state: WaitState = {
    jobId: job.id,
    connectionId: job.configId,
    startedAt: new Date(job.createdAt * 1000).toISOString(),
    deadline: new Date(now().getTime() + maxSeconds * 1000).toISOString(),
    polls: 0,
    onTimeout,
    failOnEmpty,
  }
  try {
    return executions.arn(await waitOnce(executions, name, { input: state, isOver: isTerminal(job.status) }, signal))
  } catch (error) {
    if (mustWait) throw error
    log.error('the execution that waits for a job could not be started', { jobId: job.id, reason: loggable(error) })
    await count('WaitNotStarted')
    return undefined
  }
}
