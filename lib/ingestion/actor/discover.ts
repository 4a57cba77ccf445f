import type { Catalog, DiscoverRead } from '../../airbyte/types.ts'
import { IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import { found, unlessUnknown } from '../known-id.ts'
import { actorAt } from './read-actor.ts'

export interface Discovered {
  catalog: Catalog
  catalogId: string | undefined
}

/**
 * What a source has. Airbyte remembers it per configuration and connector version; `refresh` looks again. `pointer`:
 * where the request named the source.
 */
export const discover = async (
  services: Services,
  sourceId: string,
  { pointer, refresh = false }: { pointer: string; refresh?: boolean },
  signal: AbortSignal,
): Promise<Discovered> => {
  const answer = await found(
    services.airbyte.client
      .discoverSchema({ sourceId, ...(refresh ? { disable_cache: true } : {}) }, signal)
      .catch(unlessUnknown(() => actorAt(services, 'source', sourceId, pointer, signal))),
    sourceId,
    pointer,
    'data source',
  )
  if (!answer.catalog) throw unreadable(answer, pointer)
  return { catalog: answer.catalog, catalogId: answer.catalogId ?? undefined }
}

/** Throws when there is nothing to choose from. */
export const someStreams = (catalog: Catalog, pointer: string): Catalog => {
  if (catalog.streams.length > 0) return catalog
  throw new IngestionError(
    'connector_config',
    'The data source has no streams: check which schemas or tables its user may see.',
    { errors: [{ pointer, message: 'has no streams' }] },
  )
}

/** A discover that failed answers 200 without a catalog; the reason stands beside it. */
const unreadable = ({ jobInfo }: DiscoverRead, pointer: string): IngestionError => {
  const reason = jobInfo?.failureReason ?? undefined
  const isPassing = reason !== undefined && reason.failureType !== 'config_error'
  return new IngestionError(
    isPassing ? 'connector_transient' : 'connector_config',
    reason?.externalMessage ?? 'Airbyte could not read the schema of the data source and gives no reason.',
    { errors: [{ pointer, message: 'cannot be read' }] },
  )
}
