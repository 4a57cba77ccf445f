import type { ConnectionRead } from '../../airbyte/types.ts'
import type { Services } from '../../services.ts'
import { found, uuidAt } from '../known-id.ts'
import { type IngestionRead, ingestionRead } from './ingestion-read.ts'
import { type LastSync, lastSync } from './last-sync.ts'

export type IngestionWithSync = IngestionRead & { lastSync?: LastSync }

export const getIngestion = async (services: Services, id: string, signal: AbortSignal): Promise<IngestionWithSync> => {
  const [connection, last] = await Promise.all([
    connectionAt(services, id, signal),
    lastSync(services, id.toLowerCase(), signal),
  ])
  return withSync(ingestionRead(connection, services.now()), last)
}

export const withSync = (read: IngestionRead, last: LastSync | undefined): IngestionWithSync => ({
  ...read,
  ...(last ? { lastSync: last } : {}),
})

/** The connection that the path names. One that was deleted is still there, as `deprecated`. */
export const connectionAt = async ({ airbyte }: Services, id: string, signal: AbortSignal): Promise<ConnectionRead> => {
  const connectionId = uuidAt(id, '/id', 'ingestion')
  const connection = await found(airbyte.client.getConnection({ connectionId }, signal), id, '/id', 'ingestion')
  if (connection.status === 'deprecated') uuidAt('', '/id', 'ingestion')
  return connection
}
