import type { Services } from '../../services.ts'
import { unlessGone } from '../known-id.ts'
import { connectionAt } from './get-ingestion.ts'

/** Deletes the connection; what it has written stays. Airbyte ends a sync that runs. */
export const deleteIngestion = async (services: Services, id: string, signal: AbortSignal): Promise<void> => {
  const { connectionId } = await connectionAt(services, id, signal)
  await services.airbyte.client.deleteConnection({ connectionId }, signal).catch(unlessGone)
}
