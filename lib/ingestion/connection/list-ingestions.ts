import type { Services } from '../../services.ts'
import { workspaceOf } from '../actor/list-actors.ts'
import { inParallel } from '../in-parallel.ts'
import { found } from '../known-id.ts'
import { type Page, type PageRequest, pageOf } from '../page.ts'
import { type IngestionWithSync, withSync } from './get-ingestion.ts'
import { ingestionRead } from './ingestion-read.ts'
import { lastSync } from './last-sync.ts'

export interface ListIngestions extends PageRequest {
  /** Part of the name, its case aside. */
  name?: string | undefined
  status?: string | undefined
  sourceId?: string | undefined
  sinkId?: string | undefined
  workspaceId?: string | undefined
}

/** Each item asks Airbyte for its last job; so many at a time. */
const lookUpsAtOnce = 8

/** The workspace's connections by name, each with its last sync. */
export const listIngestions = async (
  services: Services,
  query: ListIngestions,
  signal: AbortSignal,
): Promise<Page<IngestionWithSync>> => {
  const workspaceId = await workspaceOf(services, query.workspaceId, signal)
  const { connections } = await found(
    services.airbyte.client.listConnections({ workspaceId }, signal),
    workspaceId,
    '/workspaceId',
    'workspace',
  )
  const isWanted = (value: string, wanted: string | undefined) => wanted === undefined || value === wanted.toLowerCase()
  const matching = connections.filter(
    (one) =>
      one.status !== 'deprecated' &&
      one.name.toLowerCase().includes(query.name?.toLowerCase() ?? '') &&
      isWanted(one.status, query.status) &&
      isWanted(one.sourceId, query.sourceId) &&
      isWanted(one.destinationId, query.sinkId),
  )
  const { items, ...rest } = pageOf(matching, (one) => one.connectionId, query)
  const shown = await inParallel(items, lookUpsAtOnce, async (one) =>
    withSync(ingestionRead(one, services.now()), await lastSync(services, one.connectionId, signal)),
  )
  return { items: shown, ...rest }
}
