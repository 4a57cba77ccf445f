import { errorCodes, IngestionError } from '../../errors.ts'
import { log, loggable } from '../../log.ts'
import type { Services } from '../../services.ts'
import { inParallel } from '../in-parallel.ts'
import { type SkippedSync, type StartedSync, type SyncOptions, startSync } from './start-sync.ts'

export interface SyncEvent extends SyncOptions {
  connectionIds: readonly string[]
  /** The same event delivered twice starts one sync. */
  eventId?: string | undefined
  time?: string | undefined
}

export type EventResult =
  | StartedSync
  | SkippedSync
  | { connectionId: string; error: { code: string; message: string; isPassing: boolean } }

const atOnce = 4

/**
 * Starts a sync of each connection. What one of them does is of no concern to the others; when any failed for a reason
 * that passes, it throws in the end, so that whoever delivered the event does it again and finds the others done.
 */
export const startSyncs = async (
  services: Services,
  { connectionIds, eventId, time, ...options }: SyncEvent,
  signal: AbortSignal,
): Promise<{ results: EventResult[] }> => {
  const results = await inParallel(connectionIds, atOnce, async (connectionId): Promise<EventResult> => {
    const key = eventId === undefined ? undefined : ['event', eventId]
    const start = () =>
      startSync(services, { ...options, connectionId, pointer: '/connectionId', key, mustWait: true }, signal)
    try {
      return key && services.idempotency
        ? await services.idempotency.once({ key: [...key, connectionId], remainingMs: invocationMs }, start)
        : await start()
    } catch (error) {
      log.error('the sync of an event was not started', { connectionId, eventId, time, reason: loggable(error) })
      return { connectionId, error: failureOf(error) }
    }
  })
  const passing = results.filter((one) => 'error' in one && one.error.isPassing)
  if (passing.length > 0)
    throw new IngestionError(
      'outcome_unknown',
      `${passing.length} of ${results.length} syncs were not started and are to be tried again: ${JSON.stringify(passing)}`,
    )
  return { results }
}

/** No invocation of the function lives longer. */
const invocationMs = 180_000

const failureOf = (error: unknown) => {
  if (!(error instanceof IngestionError)) return { code: 'internal', message: 'See the log.', isPassing: true }
  const { code, message } = error
  // Credentials and settings are mended by people, and often before the last try.
  const isMended = code === 'airbyte_unauthorized' || code === 'not_configured'
  return { code, message, isPassing: isMended || errorCodes[code].failureType !== 'config_error' }
}
