import { IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import { discover } from '../actor/discover.ts'
import { type CatalogDiff, diffCatalogs } from './catalog-diff.ts'
import { connectionAt } from './get-ingestion.ts'

export interface RefreshedSchema extends Pick<CatalogDiff, 'changes' | 'available'> {
  applied: boolean
}

/**
 * Looks at the source again and tells what has changed in the selected streams; `apply` has the ingestion take them as
 * they are now, without those that are gone. Throws conflict when a stream could not go on.
 */
export const refreshSchema = async (
  services: Services,
  { id, apply }: { id: string; apply: boolean },
  signal: AbortSignal,
): Promise<RefreshedSchema> => {
  const connection = await connectionAt(services, id, signal)
  const { connectionId, sourceId } = connection
  const { catalog, catalogId } = await discover(services, sourceId, { pointer: '/id', refresh: true }, signal)
  const { changes, available, next } = diffCatalogs(connection.syncCatalog ?? { streams: [] }, catalog)
  if (!apply || changes.length === 0) return { changes, available, applied: false }

  const broken = changes.filter((one) => one.breaking !== undefined)
  if (broken.length > 0 || next.streams.length === 0)
    throw new IngestionError(
      'conflict',
      next.streams.length === 0
        ? 'No selected stream is left in the source. Select others with PATCH, or delete the ingestion.'
        : `${broken.map((one) => `${one.name}: ${one.breaking}`).join('; ')}. Set these streams anew with PATCH.`,
      { details: { changes } },
    )
  await services.airbyte.client.updateConnection(
    { connectionId, syncCatalog: next, ...(catalogId ? { sourceCatalogId: catalogId } : {}) },
    signal,
  )
  return { changes, available, applied: true }
}
