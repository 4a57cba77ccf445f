import { setTimeout as sleep } from 'node:timers/promises'
import type { Airbyte } from '../../airbyte/airbyte.ts'
import type { StreamName } from '../../airbyte/client.ts'
import { isTerminal } from '../../airbyte/jobs.ts'
import type { JobRead } from '../../airbyte/types.ts'
import { isAmbiguous, isMissingOperation, upstreamFailure } from '../../airbyte/upstream-error.ts'
import { IngestionError } from '../../errors.ts'
import { found } from '../known-id.ts'

export type JobKind = 'sync' | 'refresh' | 'clear'

export interface JobRequest {
  connectionId: string
  /** Where the request named the connection. */
  pointer: string
  kind: JobKind
  /** Of a refresh or a clear; none in particular means all. */
  streams: readonly StreamName[]
  refreshMode: 'merge' | 'truncate'
  ifRunning: 'attach' | 'skip' | 'fail'
  /** The connection's newest job before anybody asked for this one; undefined when it is not known. */
  newestBefore: number | undefined
}

export interface StartedJob {
  job: JobRead
  /** It was running already, so nothing was started. */
  how: 'started' | 'attached' | 'skipped'
}

/** A look at the jobs must fit into what is left when the request's own time is spent. */
const lookMs = 2_000
const lookAgainMs = 250
/** How long a clear or refresh of the connection is waited for before a sync. */
const patienceMs = 8_000
const patienceStepMs = 500
const mostRefusals = 3

/**
 * Starts a job, or finds the one that runs. A refusal is certain, so it may be asked again; after silence the jobs are
 * looked at and nothing is asked twice. Throws sync_running, ingestion_inactive, outcome_unknown and what Airbyte says.
 */
export const startJob = async (airbyte: Airbyte, request: JobRequest, signal: AbortSignal): Promise<StartedJob> => {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  for (let refusals = 0; ; ) {
    try {
      const job = await ask(airbyte, request, signal)
      if (job) return { job, how: 'started' }
      return await settle(airbyte, request, undefined)
    } catch (error) {
      const status = upstreamFailure(error)?.status
      if (status === 409 || status === 423) {
        const running = await airbyte.jobs.newestUnfinished(request.connectionId, signal)
        if (running && (fits(request, running) || request.ifRunning !== 'attach')) return meet(request, running)
        // Gone in between, or a clear after which the sync may start.
        if (running ? patience.aborted || request.kind !== 'sync' : ++refusals >= mostRefusals)
          throw running ? isRunning(running) : error
        await sleep(running ? patienceStepMs : 0, undefined, { signal: patience }).catch(() => {})
        continue
      }
      if (request.streams.length > 0 && (status === 400 || status === 422) && error instanceof IngestionError)
        throw unsupported('/streams', error.message)
      if (status === 500) await refuseInactive(airbyte, request.connectionId, signal)
      if (!isAmbiguous(error) && status !== 500) throw error
      return settle(airbyte, request, error)
    }
  }
}

const ask = async (
  { client }: Airbyte,
  { connectionId, pointer, kind, streams, refreshMode }: JobRequest,
  signal: AbortSignal,
): Promise<JobRead | undefined> => {
  const known = <Answer>(answer: Promise<Answer>) => found(answer, connectionId, pointer, 'ingestion')
  switch (kind) {
    case 'sync':
      return (await known(client.startSync({ connectionId }, signal))).job
    case 'refresh': {
      const mode = refreshMode === 'merge' ? 'Merge' : 'Truncate'
      const body = { connectionId, refreshMode: mode, ...(streams.length > 0 ? { streams } : {}) } as const
      const answer = await client.startRefresh(body, signal).catch(async (error: unknown) => {
        if (!isMissingOperation(error)) throw error
        await known(client.getConnection({ connectionId }, signal))
        throw unsupported('/job', 'This Airbyte has no refresh: it came with 1.0. Start a sync instead.')
      })
      return answer.job ?? undefined
    }
    case 'clear':
      return (
        await (streams.length > 0
          ? client.startStreamClear({ connectionId, streams }, signal)
          : client.startClear({ connectionId }, signal)
        ).catch(async (error: unknown) => {
          if (!isMissingOperation(error)) throw error
          await known(client.getConnection({ connectionId }, signal))
          if (streams.length > 0)
            throw unsupported('/streams', 'This Airbyte cannot clear single streams: it came with 1.0.')
          return client.startReset({ connectionId }, signal).catch((missing: unknown) => {
            throw isMissingOperation(missing) ? unsupported('/job', 'This Airbyte has no clear.') : missing
          })
        })
      ).job
  }
}

/** The first job of that kind after the given one. */
export const startedSince = (newestBefore: number, kind: JobKind, recent: readonly JobRead[]): JobRead | undefined =>
  recent.findLast(({ id, configType }) => id > newestBefore && kindOf(configType ?? kind) === kind)

const kindOf = (configType: string) => (configType === 'reset_connection' ? 'clear' : configType)

/** Whether waiting for the job that runs gives what was asked for. */
const fits = ({ kind, streams }: JobRequest, { configType }: JobRead): boolean => {
  const runs = kindOf(configType ?? 'sync')
  return kind === 'sync' ? runs !== 'clear' : streams.length === 0 && runs === kind
}

const meet = (request: JobRequest, running: JobRead): StartedJob => {
  if (request.ifRunning === 'fail') throw isRunning(running)
  return { job: running, how: request.ifRunning === 'skip' ? 'skipped' : 'attached' }
}

const isRunning = ({ id, configType }: JobRead) =>
  new IngestionError(
    'sync_running',
    `Job ${id} of the ingestion is running${configType && configType !== 'sync' ? ` (a ${configType.replace('_connection', '')})` : ''}. Wait for its end, or cancel it.`,
    { details: { jobId: id } },
  )

/** Nobody knows whether the job was started. The connection's jobs tell: ours is newer than the newest before. */
const settle = async (airbyte: Airbyte, request: JobRequest, error: unknown): Promise<StartedJob> => {
  const { connectionId, newestBefore } = request
  // The answer was no, but an error behind the start may hide that it happened.
  const wasAnswered = upstreamFailure(error)?.status === 500
  const deadline = AbortSignal.timeout(lookMs)
  for (;;) {
    const recent = await airbyte.jobs.recent(connectionId, deadline).catch(() => {
      throw outcomeUnknown(request, error)
    })
    const ours = newestBefore === undefined ? undefined : startedSince(newestBefore, request.kind, recent)
    if (ours) return { job: ours, how: 'started' }
    const [newest] = recent
    if (newest && !isTerminal(newest.status)) {
      if (newestBefore === undefined) return { job: newest, how: 'started' }
      if (fits(request, newest)) return meet(request, newest)
    }
    if (wasAnswered) throw error
    if (deadline.aborted) throw outcomeUnknown(request, error)
    await sleep(lookAgainMs, undefined, { signal: deadline }).catch(() => {})
  }
}

const outcomeUnknown = ({ connectionId, newestBefore }: JobRequest, error: unknown) =>
  new IngestionError(
    'outcome_unknown',
    'Airbyte did not say whether the sync was started, and its jobs do not show it. Look at the jobs of the ingestion before starting another; a second start attaches to a sync that is running.',
    { cause: error instanceof IngestionError ? error.cause : error, details: { connectionId, newestBefore } },
  )

/** Real Airbyte says 500 for an inactive connection. */
const refuseInactive = async ({ client }: Airbyte, connectionId: string, signal: AbortSignal): Promise<void> => {
  const connection = await client.getConnection({ connectionId }, signal).catch(() => undefined)
  if (connection && connection.status !== 'active')
    throw new IngestionError(
      'ingestion_inactive',
      `The ingestion is ${connection.status}: activate it before starting a sync.`,
      { details: { connectionId, connectionStatus: connection.status } },
    )
}

const unsupported = (pointer: string, message: string) =>
  new IngestionError('invalid_input', message, { errors: [{ pointer, message }] })
