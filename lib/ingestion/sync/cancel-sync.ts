import { setTimeout as sleep } from 'node:timers/promises'
import { isTerminal } from '../../airbyte/jobs.ts'
import { isAmbiguous } from '../../airbyte/upstream-error.ts'
import { IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import { jobIdAt } from '../known-id.ts'

export interface CancelledSync {
  jobId: number
  connectionId: string
  status: string
}

const confirmMs = 5_000
const confirmStepMs = 250

/**
 * Asks Airbyte to stop a job, and waits a little for it. Airbyte stops whatever runs on the job's connection, so it is
 * only asked while that is this job. Throws conflict for a job that has ended or is not the one running.
 */
export const cancelSync = async (
  { airbyte: { client, jobs } }: Services,
  input: { jobId: string },
  signal: AbortSignal,
): Promise<CancelledSync> => {
  const jobId = jobIdAt(input.jobId, '/jobId')
  const { read } = await jobs.find(jobId, signal)
  if (isTerminal(read.status)) throw conflict(jobId, `has ended already: ${read.status}.`, read.status)
  const running = await jobs.newestUnfinished(read.configId, signal)
  if (running?.id !== jobId) {
    const now = await jobs.getLight(jobId, signal)
    throw isTerminal(now.status)
      ? conflict(jobId, `has ended meanwhile: ${now.status}.`, now.status)
      : conflict(
          jobId,
          running
            ? `is ${now.status}, but job ${running.id} is the one that runs, and would be stopped.`
            : `is ${now.status}, but not among the ingestion's jobs that Airbyte lists. Ask again in a moment.`,
          now.status,
        )
  }
  await client.cancelJob({ id: jobId }, signal).catch((error: unknown) => {
    // It may have been heard: then the job shows it.
    if (!isAmbiguous(error)) throw error
  })
  const confirmed = AbortSignal.any([signal, AbortSignal.timeout(confirmMs)])
  for (;;) {
    const { status } = await jobs.getLight(jobId, signal)
    if (isTerminal(status) || confirmed.aborted) return { jobId, connectionId: read.configId, status }
    await sleep(confirmStepMs, undefined, { signal: confirmed }).catch(() => {})
  }
}

const conflict = (jobId: number, what: string, jobStatus: string) =>
  new IngestionError('conflict', `Job ${jobId} ${what}`, { details: { jobId, jobStatus } })
