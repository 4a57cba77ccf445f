import { randomUUID } from 'node:crypto'
import type { Kind } from '../../airbyte/types.ts'
import { upstreamFailure } from '../../airbyte/upstream-error.ts'
import { IngestionError } from '../../errors.ts'
import { log, loggable } from '../../log.ts'
import type { Services } from '../../services.ts'
import type { CreateIngestion } from '../connection/create-ingestion.ts'
import type { UpdateIngestion } from '../connection/update-ingestion.ts'
import type { SyncOptions } from '../sync/start-sync.ts'

/** Work that may outlast a request, as a state machine carries it: ids and choices, never configurations. */
export type Operation =
  | { kind: 'check'; actor: Kind; id: string }
  | { kind: 'schema'; id: string; refresh: boolean; stream?: string | undefined }
  | { kind: 'create-ingestion'; request: CreateIngestion }
  | { kind: 'update-ingestion'; request: UpdateIngestion }
  | { kind: 'refresh-schema'; id: string; apply: boolean }
  | {
      kind: 'find-sync'
      connectionId: string
      newestBefore: number
      options: Pick<SyncOptions, 'maxSeconds' | 'onTimeout' | 'failOnEmpty'>
    }

export interface Pending {
  status: 'running'
  /** Path of this API that tells how it goes on. */
  operation: string
}

/** Step Functions takes 256 KiB; what does not fit has to fit into a request. */
const inputBytes = 200 * 1024
const startMs = 2_500
const inspections = ['/sources/discover_schema', '/sources/check_connection', '/destinations/check_connection']

/**
 * Time ran out while Airbyte's connector was at work. Nothing has been changed by then, so the whole request can be done
 * again, from the start, where there is more time. Or a sync may have been started, which shows later.
 */
export const isUnfinished = (error: unknown): boolean => {
  const failure = upstreamFailure(error)
  if (error instanceof IngestionError && error.code === 'outcome_unknown') return failure?.path === '/connections/sync'
  return failure?.kind === 'aborted' && inspections.includes(failure.path)
}

/** Has the work done without the request. Undefined when there is nothing to do it, or it could not be started. */
export const startOperation = async ({ operations }: Services, operation: Operation): Promise<Pending | undefined> => {
  if (!operations || Buffer.byteLength(JSON.stringify(operation)) > inputBytes) return undefined
  const id = randomUUID()
  try {
    await operations.start(id, operation, AbortSignal.timeout(startMs))
  } catch (error) {
    log.error('a long operation could not be started', { kind: operation.kind, reason: loggable(error) })
    return undefined
  }
  return { status: 'running', operation: `/operations/${id}` }
}
