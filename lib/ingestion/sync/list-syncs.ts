import type { Services } from '../../services.ts'
import { found, uuidAt } from '../known-id.ts'
import { type JobResult, jobResult } from './job-result.ts'

const defaultLimit = 20

/** A connection's jobs, newest first. The cursor is how many came before. */
export const listSyncs = async (
  { airbyte }: Services,
  { id, limit = defaultLimit, cursor = '0' }: { id: string; limit?: number | undefined; cursor?: string | undefined },
  signal: AbortSignal,
): Promise<{ items: JobResult[]; cursor?: string }> => {
  const connectionId = uuidAt(id, '/id', 'ingestion')
  const offset = Number(cursor)
  const [jobs] = await Promise.all([
    airbyte.jobs.list(connectionId, { limit: limit + 1, offset }, signal),
    // Airbyte lists no jobs for a connection that it does not know.
    offset === 0 ? found(airbyte.client.getConnection({ connectionId }, signal), id, '/id', 'ingestion') : undefined,
  ])
  return {
    items: jobs.slice(0, limit).map(jobResult),
    ...(jobs.length > limit ? { cursor: String(offset + limit) } : {}),
  }
}
