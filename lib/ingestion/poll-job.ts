import { isTerminal, type Jobs } from '../airbyte/jobs.ts'
import type { JobRead } from '../airbyte/types.ts'
import type { Services } from '../services.ts'
import { type Decision, decidePoll, expectedSeconds, type Said, shouldCancel, type WaitState } from './decide-poll.ts'

/**
 * One poll: one light read, once at the beginning the connection's history, once at the end the whole result. Never
 * throws for what Airbyte does or for settings that cannot be read: that is "unreadable", which has its own budget.
 */
export const pollJob = async (
  connect: () => Promise<Services>,
  state: WaitState,
  signal: AbortSignal,
  report: (error: unknown) => void = () => {},
): Promise<Decision> => {
  try {
    const { airbyte, now } = await connect()
    let said = await look(airbyte.jobs, state, signal)
    if (shouldCancel(state, said, now())) said = await cancel(airbyte, state, said, signal, report)
    return decidePoll(await withHistory(airbyte.jobs, state, said, signal), said, now())
  } catch (error) {
    report(error)
    return decidePoll(state, { kind: 'unreadable' }, new Date())
  }
}

const look = async (jobs: Jobs, state: WaitState, signal: AbortSignal): Promise<Said> => {
  const read = await jobs.getLight(state.jobId, signal)
  // Another Airbyte, or one set up anew, may answer with its own job of that number.
  if (!isSame(read, state)) return { kind: 'unreadable' }
  return isTerminal(read.status) ? { kind: 'ended', job: await jobs.get(state.jobId, signal) } : { kind: 'going', read }
}

const isSame = (read: JobRead, state: WaitState) => read.configId.toLowerCase() === state.connectionId.toLowerCase()

/** Airbyte's cancel hits whatever runs on the connection, so it is only asked for when that is our job. */
const cancel = async (
  { client, jobs }: Services['airbyte'],
  state: WaitState,
  before: Said,
  signal: AbortSignal,
  report: (error: unknown) => void,
): Promise<Said> => {
  try {
    const running = await jobs.newestUnfinished(state.connectionId, signal)
    if (running?.id === state.jobId) await client.cancelJob({ id: state.jobId }, signal)
    const after = await look(jobs, state, signal)
    // Cancelled by us: that is a time-out, not somebody's cancelling. Ended just before: its own end counts.
    return after.kind === 'ended' && after.job.read.status !== 'cancelled' ? after : before
  } catch (error) {
    report(error)
    return before
  }
}

const withHistory = async (jobs: Jobs, state: WaitState, said: Said, signal: AbortSignal): Promise<WaitState> => {
  if (state.polls > 0 || state.expectedSeconds !== undefined || said.kind !== 'going') return state
  const history = await jobs.successSeconds(state.connectionId, signal).catch(() => [])
  const expected = expectedSeconds(history)
  return expected === undefined ? state : { ...state, expectedSeconds: expected }
}
