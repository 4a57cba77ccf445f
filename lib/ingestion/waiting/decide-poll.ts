import type { Job } from '../../airbyte/jobs.ts'
import type { JobRead } from '../../airbyte/types.ts'
import { type JobResult, jobResult, type Outcome } from '../sync/job-result.ts'
import { type SyncFinished, syncFinishedOf } from './sync-finished.ts'
import { retryReadSeconds, waitSeconds } from './wait-seconds.ts'

/** Carried from poll to poll by the state machine; also its input, so an execution can be begun anew from any of them. No secrets. */
export interface WaitState {
  jobId: number
  connectionId: string
  startedAt: string
  /** By the clock on the wall, since no container lives as long as a sync. */
  deadline: string
  polls: number
  onTimeout: 'cancel' | 'detach'
  failOnEmpty: boolean
  /** How long syncs of this connection take, when known. */
  expectedSeconds?: number
  /** Since when the job's status could not be read. */
  unreadableSince?: string
  /** Since when the job is past its deadline and asked to stop. */
  stopAskedAt?: string
}

export type Said =
  /** Not ended yet, as far as Airbyte tells; also for words that are not known here. */
  | { kind: 'going'; read: JobRead }
  | { kind: 'ended'; job: Job }
  /** `why` is for people; without secrets. */
  | { kind: 'unreadable'; why?: string }

export type Decision =
  | (WaitState & { next: 'wait'; waitSeconds: number })
  | (WaitState & { next: 'succeed'; outcome: Outcome; event: SyncFinished })
  | (WaitState & { next: 'fail'; outcome: Outcome; event: SyncFinished; error: string; cause: string })

/** What happens next, from what is known now: the first row that fits decides. */
export const decidePoll = (state: WaitState, said: Said, now: Date): Decision => {
  const { unreadableSince, ...rest } = { ...state, polls: state.polls + 1 }
  const at: Known & { said: Said } = { state: rest, said, now, unreadableSince: unreadableSince ?? now.toISOString() }
  const row = table.find(({ fits }) => fits(at))
  if (!row) throw new Error(`No row decides over a job that is ${said.kind}`)
  return row.decide(at)
}

/** A status that cannot be read is not a failed job: only after so long is it lost. */
const unreadableBudgetSeconds = 15 * 60
const stopPatienceSeconds = 2 * 60
const stopPollSeconds = 5

const hasTime = ({ state, now }: Known) => now.getTime() < Date.parse(state.deadline)
const isDetached = ({ state }: Known) => state.onTimeout === 'detach'
const isStopping = ({ state, now }: Known) =>
  secondsSince(state.stopAskedAt ?? now.toISOString(), now) < stopPatienceSeconds
const wasStopped = ({ state, said }: At<'ended'>) =>
  state.stopAskedAt !== undefined && said.job.read.status === 'cancelled'
const mayComeBack = ({ unreadableSince, now }: Known) => secondsSince(unreadableSince, now) < unreadableBudgetSeconds
const always = () => true

const table: readonly Row[] = [
  row('ended', wasStopped, (at) => timedOut(at, jobResult(at.said.job), 'it was stopped')),
  row('ended', always, (at) => ended(at)),
  row('going', hasTime, (at) => wait(at)),
  row('going', isDetached, (at) => timedOut(at, soFar(at), 'it was left running')),
  row('going', isStopping, (at) => stop(at)),
  row('going', always, (at) => timedOut(at, soFar(at), 'it was asked to stop, but still runs')),
  // Also past the deadline: whoever cannot read a job cannot know that it is late.
  row('unreadable', mayComeBack, (at) => readAgain(at)),
  row('unreadable', always, (at) => lost(at)),
]

interface Known {
  /** Without `unreadableSince`, which ends with each answer. */
  state: Omit<WaitState, 'unreadableSince'>
  now: Date
  unreadableSince: string
}

type At<Kind extends Said['kind']> = Known & { said: Extract<Said, { kind: Kind }> }

interface Row {
  fits(at: Known & { said: Said }): boolean
  decide(at: Known & { said: Said }): Decision
}

function row<Kind extends Said['kind']>(
  kind: Kind,
  when: (at: At<Kind>) => boolean,
  decide: (at: At<Kind>) => Decision,
): Row {
  return {
    fits: (at) => at.said.kind === kind && when(at as At<Kind>),
    decide: (at) => decide(at as At<Kind>),
  }
}

const wait = ({ state, now }: Known): Decision => ({
  ...state,
  next: 'wait',
  waitSeconds: waitSeconds({
    // Airbyte's clock may run ahead of ours.
    elapsed: Math.max(0, secondsSince(state.startedAt, now)),
    expected: state.expectedSeconds,
    left: -secondsSince(state.deadline, now),
  }),
})

const stop = ({ state, now }: Known): Decision => ({
  ...state,
  stopAskedAt: state.stopAskedAt ?? now.toISOString(),
  next: 'wait',
  waitSeconds: stopPollSeconds,
})

const readAgain = ({ state, unreadableSince, now }: Known): Decision => ({
  ...state,
  unreadableSince,
  next: 'wait',
  waitSeconds: retryReadSeconds(secondsSince(unreadableSince, now)),
})

const ended = ({ state, said: { job } }: At<'ended'>): Decision => {
  const result = jobResult(job)
  const outcome = result.outcome ?? 'FAILED'
  const event = syncFinishedOf({ ...result, outcome })
  if (outcome === 'SUCCEEDED' || (outcome === 'SUSPECT' && !state.failOnEmpty))
    return { ...state, next: 'succeed', outcome, event }
  const reason =
    outcome === 'SUSPECT'
      ? 'Airbyte says succeeded, but nothing was read, nothing was written, and no stream told anything.'
      : `Job ${state.jobId} ended ${job.read.status}.`
  return { ...state, next: 'fail', outcome, event, error: outcome, cause: result.failure?.message ?? reason }
}

const timedOut = ({ state, now }: Known, result: JobResult, what: string): Decision =>
  fail(state, {
    ...result,
    outcome: 'TIMED_OUT',
    endedAt: result.endedAt ?? now.toISOString(),
    failure: { message: `Job ${state.jobId} had not ended by ${state.deadline}; ${what}.`, retryable: true },
  })

const lost = ({ state, said, unreadableSince, now }: At<'unreadable'>): Decision => {
  const why = said.why === undefined ? '' : ` Last: ${said.why}`
  return fail(
    { ...state, unreadableSince },
    {
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
      failure: {
        message: `The status of job ${state.jobId} could not be read since ${unreadableSince}; the sync itself may be well.${why}`,
        retryable: true,
      },
    },
  )
}

const fail = (state: WaitState, result: JobResult & { outcome: Outcome; failure: { message: string } }): Decision => ({
  ...state,
  next: 'fail',
  outcome: result.outcome,
  event: syncFinishedOf(result),
  error: result.outcome,
  cause: result.failure.message,
})

const soFar = ({ said }: At<'going'>): JobResult => jobResult({ read: said.read, attempts: [] })

const secondsSince = (from: string, to: Date) => (to.getTime() - Date.parse(from)) / 1000
