import { randomUUID } from 'node:crypto'
import { type ErrorCode, IngestionError } from '../../errors.ts'
import type { EngineLog } from '../log.ts'
import { isDiskFull } from '../store/database.ts'
import { present } from './wire.ts'

/** What Airbyte 2.0.0 answers where it differs from our own table: it has no words for a missing thing, only an id. */
const answers: Partial<Record<ErrorCode, { status: number; hasMessage: boolean }>> = {
  not_found: { status: 404, hasMessage: false },
  job_not_found: { status: 500, hasMessage: false },
  ingestion_inactive: { status: 500, hasMessage: false },
  sync_running: { status: 423, hasMessage: true },
  conflict: { status: 409, hasMessage: true },
  invalid_input: { status: 422, hasMessage: true },
  body_too_large: { status: 413, hasMessage: true },
  malformed_json: { status: 422, hasMessage: true },
  connector_config: { status: 422, hasMessage: true },
}

/** Status and body for whatever an operation threw; the log has the rest under the same errorId. */
export const failureAnswer = (error: unknown, path: string, log: EngineLog) => {
  const errorId = randomUUID()
  const known = error instanceof IngestionError ? answers[error.code] : undefined
  const { status, hasMessage } = known ?? { status: 500, hasMessage: false }
  const message = error instanceof Error ? error.message : String(error)
  if (known)
    log.info('refused', { path, status, errorId, code: error instanceof IngestionError ? error.code : undefined })
  else log.error('failed', { path, errorId, error: error instanceof Error ? (error.stack ?? message) : message })
  const shown = isDiskFull(error) ? "The engine's disk is full: free some room in its data directory." : undefined
  return { status, body: present({ message: hasMessage ? message : shown, errorId }) }
}
