import type { ExecutionState } from '../../aws/sfn.ts'
import type { Services } from '../../services.ts'
import { jobIdAt } from '../known-id.ts'
import { executionName } from '../waiting/execution-name.ts'
import { lastWait } from '../waiting/waits.ts'
import { type JobResult, jobResult } from './job-result.ts'

export interface SyncRead extends JobResult {
  /** What the execution that waits for the job knows. */
  wait?: { status: string; outcome?: string; executionArn: string }
}

/** One job as Airbyte has it now, and its waiting where there is one. */
export const getSync = async (
  { airbyte, executions }: Services,
  input: { jobId: string },
  signal: AbortSignal,
): Promise<SyncRead> => {
  const job = await airbyte.jobs.find(jobIdAt(input.jobId, '/jobId'), signal)
  const result = jobResult(job)
  if (!executions) return result
  const name = executionName(airbyte.baseUrl, {
    jobId: job.read.id,
    connectionId: job.read.configId,
    createdAtSeconds: job.read.createdAt,
  })
  // The job is the truth; the waiting is told when it can be.
  const last = await lastWait(executions, name, signal).catch(() => undefined)
  if (!last) return result
  const { status } = last.state
  const outcome = outcomeOf(last.state)
  return { ...result, wait: { status, ...(outcome ? { outcome } : {}), executionArn: executions.arn(last.name) } }
}

/** The state machine ends with the decision as its output, or fails with the outcome as its error. */
const outcomeOf = ({ output, error }: ExecutionState): string | undefined => {
  if (error !== undefined) return error
  return typeof output === 'object' && output !== null && 'outcome' in output && typeof output.outcome === 'string'
    ? output.outcome
    : undefined
}
