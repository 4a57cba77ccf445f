import { setTimeout as sleep } from 'node:timers/promises'
import { IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import type { Operation } from '../operation/operation.ts'
import { startedSince } from './start-job.ts'
import { type StartedSync, type SyncOptions, waitFor } from './start-sync.ts'

/** A busy Airbyte has been seen to take two minutes; after ten there will be no job. */
const patienceMs = 10 * 60_000
const stepMs = 2_000

type FindSync = Extract<Operation, { kind: 'find-sync' }>

/** The search that goes on for a sync whose start got no answer, from the error that says so. Undefined for any other. */
export const searchFor = (
  error: unknown,
  { maxSeconds, onTimeout, failOnEmpty }: SyncOptions,
): FindSync | undefined => {
  if (!(error instanceof IngestionError) || error.code !== 'outcome_unknown') return undefined
  const { connectionId, newestBefore } = error.details
  if (typeof connectionId !== 'string' || typeof newestBefore !== 'number') return undefined
  return { kind: 'find-sync', connectionId, newestBefore, options: { maxSeconds, onTimeout, failOnEmpty } }
}

/** Looks until the job is there that somebody asked for, and has it waited for. Asks for nothing itself. */
export const findSync = async (
  services: Services,
  { connectionId, newestBefore, options }: FindSync,
  signal: AbortSignal,
): Promise<StartedSync> => {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  while (!patience.aborted) {
    // What cannot be read now may be read at the next look.
    const jobs = await services.airbyte.jobs.recent(connectionId, patience).catch(() => [])
    const job = startedSince(newestBefore, 'sync', jobs)
    if (job) {
      const executionArn = await waitFor(services, job, options, signal)
      return { jobId: job.id, connectionId, attached: false, ...(executionArn ? { executionArn } : {}) }
    }
    await sleep(stepMs, undefined, { signal: patience }).catch(() => {})
  }
  throw new IngestionError(
    'outcome_unknown',
    'Airbyte did not say whether the sync was started, and no job of it has come up since. Another start attaches to a sync that is running.',
    { details: { connectionId } },
  )
}
