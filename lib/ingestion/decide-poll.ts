import { isTerminal, type Job } from '../airbyte/jobs.ts'
import type { JobRead } from '../airbyte/types.ts'
import { type JobResult, jobResult, type Outcome } from './job-result.ts'

/** Carried from poll to poll by the state machine; also its input, so an execution can be begun anew from any of them. No secrets. */
export interface WaitState {
  jobId: number
  connectionId: string
  startedAt: string
  deadline: string
  polls: number
  onTimeout: 'cancel' | 'detach'
  failOnEmpty: boolean
  /** How long syncs of this connection take, when known. */
  expectedSeconds?: number
  /** Since when the job's status could not be read. */
  unreadableSince?: string
}

export type Said =
  /** Not ended yet, as far as Airbyte tells; also for words that are not known here. */
  { kind: 'going'; read: JobRead } | { kind: 'ended'; job: Job } | { kind: 'unreadable' }

export type Decision =
  | (WaitState & { next: 'wait'; waitSeconds: number })
  | (WaitState & { next: 'succeed'; outcome: Outcome; event: SyncFinished })
  | (WaitState & { next: 'fail'; outcome: Outcome; event: SyncFinished; error: string; cause: string })

/** Detail of the EventBridge event `Sync Finished`. */
export interface SyncFinished extends Omit<JobResult, 'outcome'> {
  version: 1
  outcome: Outcome
  streamsOmitted: number
}

const unreadableBudgetSeconds = 15 * 60
const shortestWaitSeconds = 5
const longestWaitSeconds = 5 * 60
const eventStreams = 100

/** True when the deadline has passed for a job that goes on and should be stopped: cancel it, read it again, then decide. */
export const shouldCancel = (state: WaitState, said: Said, now: Date): boolean =>
  said.kind === 'going' && state.onTimeout === 'cancel' && now.getTime() >= Date.parse(state.deadline)

/** What happens next, from what is known now. */
export const decidePoll = (before: WaitState, said: Said, now: Date): Decision => {
  const { unreadableSince, ...rest } = before
  const state: WaitState = { ...rest, polls: before.polls + 1 }
  switch (said.kind) {
    case 'ended':
      return ended(state, said.job)
    case 'going':
      // An hour-long job outlives its deadline by the clock on the wall, whatever this container's uptime says.
      if (now.getTime() >= Date.parse(state.deadline)) return timedOut(state, said.read, now)
      return { ...state, next: 'wait', waitSeconds: waitSeconds(state, now) }
    case 'unreadable': {
      const since = unreadableSince ?? now.toISOString()
      const forSeconds = secondsBetween(since, now)
      // Not knowing is not failing: until its own budget is spent, and even past the deadline, the job may be well.
      if (forSeconds >= unreadableBudgetSeconds) return lost({ ...state, unreadableSince: since }, now)
      return {
        ...state,
        unreadableSince: since,
        next: 'wait',
        waitSeconds: within(5, Math.round(forSeconds / 4), 60),
      }
    }
  }
}

/** Median of what the last successes took, undefined without any. */
export const expectedSeconds = (history: readonly number[]): number | undefined => {
  const sorted = [...history].sort((a, b) => a - b)
  return sorted.length === 0 ? undefined : sorted[Math.floor((sorted.length - 1) / 2)]
}

/**
 * With history: one wait until 85 % of the expected time, then steps of 2 % of it until it is 10 % late. Without, and from
 * then on: a tenth of the time gone. So a job of an hour is seen within 72 s of its end for 20 polls.
 */
const waitSeconds = (state: WaitState, now: Date): number => {
  const elapsed = Math.max(0, secondsBetween(state.startedAt, now))
  const expected = state.expectedSeconds
  const left = Math.ceil((Date.parse(state.deadline) - now.getTime()) / 1000)
  const shortest = expected === undefined ? shortestWaitSeconds : within(1, expected / 10, shortestWaitSeconds)
  const wish =
    expected === undefined || elapsed > expected * 1.1
      ? elapsed / 10
      : elapsed < expected * 0.85
        ? expected * 0.85 - elapsed
        : expected * 0.02
  return Math.max(1, Math.min(left, Math.round(within(shortest, wish, longestWaitSeconds))))
}

const ended = (state: WaitState, job: Job): Decision => {
  const result = jobResult(job)
  const outcome = result.outcome ?? 'FAILED'
  const event = eventOf({ ...result, outcome })
  if (outcome === 'SUCCEEDED' || (outcome === 'SUSPECT' && !state.failOnEmpty))
    return { ...state, next: 'succeed', outcome, event }
  const cause =
    result.failure?.message ??
    (outcome === 'SUSPECT'
      ? 'Airbyte says succeeded, but nothing was read, nothing was written, and no stream told anything.'
      : `Job ${state.jobId} ended ${job.read.status}.`)
  return { ...state, next: 'fail', outcome, event, error: outcome, cause }
}

const timedOut = (state: WaitState, read: JobRead, now: Date): Decision => {
  const what = state.onTimeout === 'cancel' ? 'it was asked to stop' : 'it was left running'
  return {
    ...state,
    next: 'fail',
    outcome: 'TIMED_OUT',
    event: eventOf({
      ...jobResult({ read, attempts: [] }),
      outcome: 'TIMED_OUT',
      endedAt: now.toISOString(),
      failure: {
        message: `Job ${state.jobId} was ${read.status} at its deadline ${state.deadline}; ${what}.`,
        retryable: true,
      },
    }),
    error: 'TIMED_OUT',
    cause: `Job ${state.jobId} had not ended by ${state.deadline}; ${what}.`,
  }
}

const lost = (state: WaitState, now: Date): Decision => {
  const cause = `The status of job ${state.jobId} could not be read since ${state.unreadableSince}; the sync itself may be well.`
  return {
    ...state,
    next: 'fail',
    outcome: 'LOST',
    event: eventOf({
      jobId: state.jobId,
      connectionId: state.connectionId,
      status: 'unknown',
      outcome: 'LOST',
      recordsSynced: 0,
      bytesSynced: 0,
      startedAt: state.startedAt,
      endedAt: now.toISOString(),
      attempts: 0,
      streams: [],
      failure: { message: cause, retryable: true },
    }),
    error: 'LOST',
    cause,
  }
}

/** Failed streams first; the rest by what they moved, since an event is limited to 256 KiB. */
const eventOf = (result: JobResult & { outcome: Outcome }): SyncFinished => {
  const rank = (one: { status?: string }) => (one.status === 'failed' ? 0 : 1)
  const sorted = [...result.streams].sort((a, b) => rank(a) - rank(b) || b.recordsSynced - a.recordsSynced)
  return {
    version: 1,
    ...result,
    streams: sorted.slice(0, eventStreams),
    streamsOmitted: Math.max(0, sorted.length - eventStreams),
  }
}

/** What a job's read says, before its statistics are fetched. */
export const hasEnded = (read: JobRead): boolean => isTerminal(read.status)

const secondsBetween = (from: string, to: Date) => (to.getTime() - Date.parse(from)) / 1000
const within = (low: number, value: number, high: number) => Math.max(low, Math.min(high, value))
