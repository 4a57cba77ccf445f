import { typeName } from '../../airbyte/resolve-type.ts'
import type { Actor, Kind } from '../../airbyte/types.ts'
import type { Services } from '../../services.ts'
import { maskSecrets } from '../config/mask-secrets.ts'
import { found, uuidAt } from '../known-id.ts'

/** A source or a destination as it is shown. */
export interface ActorRead {
  id: string
  name: string
  type: string
  /** Secrets masked. */
  config: Record<string, unknown>
  definitionId: string
  workspaceId: string
  /** Absent where Airbyte does not tell (up to 1.5). */
  created?: string
}

/** This API's words for the two kinds, in messages. */
export const nounOf = (kind: Kind) => (kind === 'source' ? 'data source' : 'sink')

export const getActor = async (services: Services, kind: Kind, id: string, signal: AbortSignal): Promise<ActorRead> =>
  shownActor(services, await actorAt(services, kind, id, '/id', signal), signal)

/** The actor that a part of the request names; rejects with not_found and the pointer, never throws: callers ask for two at once. */
export const actorAt = async (
  { airbyte }: Services,
  kind: Kind,
  id: string,
  pointer: string,
  signal: AbortSignal,
): Promise<Actor> =>
  found(airbyte.actors.get(kind, uuidAt(id, pointer, nounOf(kind)), signal), id, pointer, nounOf(kind))

/** With the connector's type; its specification tells the secrets, on top of what Airbyte has masked. */
export const shownActor = async ({ airbyte }: Services, actor: Actor, signal: AbortSignal): Promise<ActorRead> => {
  const { kind, definitionId, workspaceId } = actor
  const [definition, specification] = await Promise.all([
    airbyte.definitions.byId(kind, definitionId, workspaceId, signal),
    // A connector that is gone has none. Airbyte has masked already.
    airbyte.specification(kind, definitionId, workspaceId, signal).catch(() => undefined),
  ])
  return {
    id: actor.id,
    name: actor.name,
    type: definition ? typeName(kind, definition) : (actor.connectorName ?? definitionId),
    config: maskSecrets(specification?.connectionSpecification ?? {}, actor.configuration),
    definitionId,
    workspaceId,
    ...(actor.createdAtSeconds ? { created: new Date(actor.createdAtSeconds * 1000).toISOString() } : {}),
  }
}
