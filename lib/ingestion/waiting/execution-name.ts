import { createHash } from 'node:crypto'

/**
 * The one name that the execution waiting for a job has, wherever it is asked for: a second start finds the first. The
 * hash tells apart jobs of equal number in different Airbytes, or in one that was set up anew.
 */
export const executionName = (
  baseUrl: string,
  job: { jobId: number; connectionId: string; createdAtSeconds: number },
): string => {
  const text = JSON.stringify([baseUrl, job.connectionId, job.createdAtSeconds])
  return `job-${job.jobId}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`
}
