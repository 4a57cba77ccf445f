import { isTerminal } from '../airbyte/jobs.ts'
import type { JobRead } from '../airbyte/types.ts'
import { isAmbiguous, upstreamFailure } from '../airbyte/upstream-error.ts'
import { IngestionError } from '../errors.ts'
import { log, loggable } from '../log.ts'
import type { Services } from '../services.ts'
import type { WaitState } from './decide-poll.ts'
import { executionName } from './execution-name.ts'
import { found, uuidAt } from './known-id.ts'

export interface StartSync {
  connectionId: string
  /** Where the request named the connection. */
  pointer: string
  maxSeconds?: number
  onTimeout?: 'cancel' | 'detach'
  failOnEmpty?: boolean
}

export interface StartedSync {
  jobId: number
  connectionId: string
  attached: boolean
  executionArn?: string
}

const dayInSeconds = 86_400
/** What a look at the jobs gets when the request's own time is spent. */
const lookMs = 2_500
/** Clocks of Airbyte and of this function may differ by so much. */
const skewSeconds = 60

/** Starts a sync, or attaches to the one that runs, and has a state machine wait for it. Never starts a second one in doubt. */
export const startSync = async (services: Services, input: StartSync, signal: AbortSignal): Promise<StartedSync> => {
  const connectionId = uuidAt(input.connectionId, input.pointer, 'ingestion')
  const { job, attached } = await start(services, connectionId, input.pointer, signal)
  const executionArn = await wait(services, job, input, signal)
  return { jobId: job.id, connectionId, attached, ...(executionArn === undefined ? {} : { executionArn }) }
}

const start = async (
  { airbyte: { client, jobs }, now }: Services,
  connectionId: string,
  pointer: string,
  signal: AbortSignal,
): Promise<{ job: JobRead; attached: boolean }> => {
  const askedAtSeconds = now().getTime() / 1000
  const ask = () => found(client.startSync({ connectionId }, signal), connectionId, pointer, 'ingestion')
  try {
    return { job: (await ask()).job, attached: false }
  } catch (error) {
    const status = upstreamFailure(error)?.status
    if (status === 409 || status === 423) {
      const running = await jobs.newestUnfinished(connectionId, signal)
      if (running) return { job: running, attached: true }
      // It ended in between: this refusal was for certain, so asking once more cannot start two.
      return { job: (await ask()).job, attached: false }
    }
    if (status === 500) await refuseInactive(client, connectionId, signal)
    if (!isAmbiguous(error) && status !== 500) throw error
    return settle(jobs, connectionId, askedAtSeconds, error)
  }
}

/** Nobody knows whether the sync was started. The connection's newest job tells: ours is not older than the question. */
const settle = async (
  jobs: Services['airbyte']['jobs'],
  connectionId: string,
  askedAtSeconds: number,
  error: unknown,
): Promise<{ job: JobRead; attached: boolean }> => {
  const unknown = new IngestionError(
    'outcome_unknown',
    'Airbyte did not say whether the sync was started, and its jobs could not be read. Look at the jobs of the ingestion before starting another; a second start attaches to a sync that is running.',
    { cause: error instanceof IngestionError ? error.cause : error, details: { connectionId } },
  )
  const newest = await jobs.newestUnfinished(connectionId, AbortSignal.timeout(lookMs)).catch(() => {
    throw unknown
  })
  if (newest && !isTerminal(newest.status))
    return { job: newest, attached: newest.createdAt < askedAtSeconds - skewSeconds }
  // An answered 500 without a job is a plain failure; silence without a job may still become one.
  throw upstreamFailure(error)?.status === 500 ? error : unknown
}

/** Real Airbyte says 500 for an inactive connection. */
const refuseInactive = async (
  client: Services['airbyte']['client'],
  connectionId: string,
  signal: AbortSignal,
): Promise<void> => {
  const connection = await client.getConnection({ connectionId }, signal).catch(() => undefined)
  if (connection && connection.status !== 'active')
    throw new IngestionError(
      'ingestion_inactive',
      `The ingestion is ${connection.status}: activate it before starting a sync.`,
      { details: { connectionId, connectionStatus: connection.status } },
    )
}

/**
 * Has the state machine wait. When that fails the sync runs all the same, so the answer is the job without an execution:
 * asking again attaches to it and starts the waiting.
 */
const wait = async (
  { airbyte, executions, now }: Services,
  job: JobRead,
  { maxSeconds = dayInSeconds, onTimeout = 'cancel', failOnEmpty = false }: StartSync,
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
    await executions.start(name, state, signal)
    return executions.arn(name)
  } catch (error) {
    log.error('the execution that waits for a job could not be started', { jobId: job.id, reason: loggable(error) })
    return undefined
  }
}
