import type { ExecutionState, Executions } from '../../aws/sfn.ts'

/** How often a job may be waited for anew; nobody loses an Airbyte that often during one sync. */
const mostWaits = 5

const namesOf = (name: string): readonly string[] =>
  Array.from({ length: mostWaits }, (_, index) => (index === 0 ? name : `${name}-${index + 1}`))

/** It ended before the job did: nobody told how the job ended. */
const hasGivenUp = ({ status, error }: ExecutionState): boolean =>
  status === 'ABORTED' || status === 'TIMED_OUT' || error === 'LOST' || error === 'TIMED_OUT'

/** The execution that waits, or has waited, for the job to its end: the last one where earlier ones gave up. */
export const lastWait = async (
  executions: Executions,
  first: string,
  signal: AbortSignal,
): Promise<{ name: string; state: ExecutionState } | undefined> => {
  let last: { name: string; state: ExecutionState } | undefined
  for (const name of namesOf(first)) {
    const state = await executions.describe(name, signal)
    if (!state) break
    last = { name, state }
    if (!hasGivenUp(state)) break
  }
  return last
}

/** Has the job waited for, unless that is so already, or the job is over. Resolves with the name of the execution that does. */
export const waitOnce = async (
  executions: Executions,
  first: string,
  job: { input: unknown; isOver: boolean },
  signal: AbortSignal,
): Promise<string> => {
  let waiting = first
  for (const name of namesOf(first)) {
    waiting = name
    if ((await executions.start(name, job.input, signal)) || job.isOver) break
    const state = await executions.describe(name, signal).catch(() => undefined)
    if (!state || !hasGivenUp(state)) break
  }
  return waiting
}
