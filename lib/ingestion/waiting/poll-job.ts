import { isTerminal, type Jobs } from '../../airbyte/jobs.ts'
import type { JobRead } from '../../airbyte/types.ts'
import { IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import { type Decision, decidePoll, type Said, type WaitState } from './decide-poll.ts'
import { expectedSeconds } from './wait-seconds.ts'

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
    const { jobs } = airbyte
    const said = await look(jobs, state, signal)
    const decision = decidePoll(await withHistory(jobs, state, said, signal), said, now())
    if (decision.next !== 'wait' || decision.stopAskedAt === undefined || said.kind !== 'going') return decision
    await cancel(airbyte, state, signal).catch(report)
    // Often it has ended by now: then that is told at once.
    const after = await look(jobs, state, signal).catch(() => said)
    return after.kind === 'ended' ? decidePoll({ ...decision, polls: state.polls }, after, now()) : decision
  } catch (error) {
    report(error)
    return decidePoll(state, { kind: 'unreadable', ...whyOf(error) }, new Date())
  }
}

const look = async (jobs: Jobs, state: WaitState, signal: AbortSignal): Promise<Said> => {
  const read = await jobs.getLight(state.jobId, signal)
  // Another Airbyte, or one set up anew, may answer with its own job of that number.
  if (!isSame(read, state))
    return { kind: 'unreadable', why: `Airbyte's job ${state.jobId} is one of another connection.` }
  return isTerminal(read.status) ? { kind: 'ended', job: await jobs.get(state.jobId, signal) } : { kind: 'going', read }
}

const isSame = (read: JobRead, state: WaitState) => read.configId.toLowerCase() === state.connectionId.toLowerCase()

/** Airbyte's cancel hits whatever runs on the connection, so it is only asked for when that is our job. */
const cancel = async ({ client, jobs }: Services['airbyte'], state: WaitState, signal: AbortSignal): Promise<void> => {
  const running = await jobs.newestUnfinished(state.connectionId, signal)
  if (running?.id === state.jobId) await client.cancelJob({ id: state.jobId }, signal)
}

const withHistory = async (jobs: Jobs, state: WaitState, said: Said, signal: AbortSignal): Promise<WaitState> => {
  if (state.polls > 0 || state.expectedSeconds !== undefined || said.kind !== 'going') return state
  const history = await jobs.successSeconds(state.connectionId, signal).catch(() => [])
  const expected = expectedSeconds(history)
  return expected === undefined ? state : { ...state, expectedSeconds: expected }
}

const whyOf = (error: unknown): { why?: string } => (error instanceof IngestionError ? { why: error.message } : {})
