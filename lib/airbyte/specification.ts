import type { AirbyteClient } from './client.ts'
import type { Kind, Specification } from './types.ts'

const keptMs = 10 * 60_000

/** What each connector accepts, kept for ten minutes a container. Concurrent readers share one call. */
export const specifications = (client: AirbyteClient, now: () => number = Date.now) => {
  const kept = new Map<string, { atMs: number; specification: Promise<Specification> }>()
  return (kind: Kind, definitionId: string, workspaceId: string, signal: AbortSignal): Promise<Specification> => {
    const key = `${kind} ${definitionId} ${workspaceId}`
    const known = kept.get(key)
    if (known && now() - known.atMs < keptMs) return known.specification
    const specification =
      kind === 'source'
        ? client.getSourceSpecification({ sourceDefinitionId: definitionId, workspaceId }, signal)
        : client.getDestinationSpecification({ destinationDefinitionId: definitionId, workspaceId }, signal)
    kept.set(key, { atMs: now(), specification })
    specification.catch(() => kept.delete(key))
    return specification
  }
}
