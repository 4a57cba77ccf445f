import type { AirbyteClient } from './client.ts'
import { resolveType } from './resolve-type.ts'
import type { Definition, Kind } from './types.ts'
import { isMissingOperation } from './upstream-error.ts'

const keptMs = 10 * 60_000

/** Which connectors this Airbyte has, kept for ten minutes a container and read again when a type is not among them. */
export const definitions = (client: AirbyteClient, now: () => number = Date.now) => {
  const kept = new Map<string, { atMs: number; list: readonly Definition[] }>()

  const read = async (kind: Kind, workspaceId: string, signal: AbortSignal) => {
    const list = await readDefinitions(client, kind, workspaceId, signal)
    kept.set(`${kind} ${workspaceId}`, { atMs: now(), list })
    return list
  }

  const list = async (kind: Kind, workspaceId: string, signal: AbortSignal): Promise<readonly Definition[]> => {
    const known = kept.get(`${kind} ${workspaceId}`)
    return known && now() - known.atMs < keptMs ? known.list : read(kind, workspaceId, signal)
  }

  return {
    list,
    /** The definition that a user's word means; throws connector_unknown or connector_ambiguous. */
    resolve: async (kind: Kind, type: string, workspaceId: string, signal: AbortSignal): Promise<Definition> => {
      const isFresh = !kept.has(`${kind} ${workspaceId}`)
      try {
        return resolveType(kind, type, await list(kind, workspaceId, signal))
      } catch (error) {
        if (isFresh) throw error
        return resolveType(kind, type, await read(kind, workspaceId, signal))
      }
    },
    byId: async (kind: Kind, definitionId: string, workspaceId: string, signal: AbortSignal) => {
      const isThis = (one: Definition) => one.definitionId === definitionId
      return (
        (await list(kind, workspaceId, signal)).find(isThis) ?? (await read(kind, workspaceId, signal)).find(isThis)
      )
    },
  }
}

/** The workspace's list has its custom connectors too; where a generation or a role lacks it, the plain list is asked. */
const readDefinitions = async (
  client: AirbyteClient,
  kind: Kind,
  workspaceId: string,
  signal: AbortSignal,
): Promise<readonly Definition[]> => {
  const plainWhenMissing = <Answer>(plain: () => Promise<Answer>) => {
    return (error: unknown) => {
      if (isMissingOperation(error)) return plain()
      throw error
    }
  }
  if (kind === 'source') {
    const { sourceDefinitions } = await client
      .listSourceDefinitionsForWorkspace({ workspaceId }, signal)
      .catch(plainWhenMissing(() => client.listSourceDefinitions(undefined, signal)))
    return sourceDefinitions.map((one) => ({ definitionId: one.sourceDefinitionId, ...described(one) }))
  }
  const { destinationDefinitions } = await client
    .listDestinationDefinitionsForWorkspace({ workspaceId }, signal)
    .catch(plainWhenMissing(() => client.listDestinationDefinitions(undefined, signal)))
  return destinationDefinitions.map((one) => ({ definitionId: one.destinationDefinitionId, ...described(one) }))
}

const described = (one: {
  name: string
  dockerRepository: string
  dockerImageTag?: string | null
  documentationUrl?: string | null
}) => ({
  name: one.name,
  dockerRepository: one.dockerRepository,
  ...(one.dockerImageTag ? { dockerImageTag: one.dockerImageTag } : {}),
  ...(one.documentationUrl ? { documentationUrl: one.documentationUrl } : {}),
})
