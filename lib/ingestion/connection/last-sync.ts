import { jobOf } from '../../airbyte/jobs.ts'
import type { Services } from '../../services.ts'
import { type JobResult, jobResult } from '../sync/job-result.ts'

/** The end of the story, as a list shows it. */
export type LastSync = Pick<
  JobResult,
  'jobId' | 'status' | 'outcome' | 'recordsSynced' | 'bytesSynced' | 'startedAt' | 'endedAt'
>

/** A connection's newest sync. Undefined when there was none, or when it cannot be read: the connection is shown all the same. */
export const lastSync = async (
  { airbyte }: Services,
  connectionId: string,
  signal: AbortSignal,
): Promise<LastSync | undefined> => {
  const listed = await airbyte.client
    .listJobs({ configTypes: ['sync'], configId: connectionId, pagination: { pageSize: 1, rowOffset: 0 } }, signal)
    .catch(() => undefined)
  const [newest] = listed?.jobs ?? []
  if (!newest) return undefined
  const { jobId, status, outcome, recordsSynced, bytesSynced, startedAt, endedAt } = jobResult(jobOf(newest))
  return {
    jobId,
    status,
    ...(outcome ? { outcome } : {}),
    recordsSynced,
    bytesSynced,
    startedAt,
    ...(endedAt ? { endedAt } : {}),
  }
}
