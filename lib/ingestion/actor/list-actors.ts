import type { Kind } from '../../airbyte/types.ts'
import type { Services } from '../../services.ts'
import { found, uuidAt } from '../known-id.ts'
import { type Page, type PageRequest, pageOf } from '../page.ts'
import { type ActorRead, shownActor } from './read-actor.ts'

export interface ListActors extends PageRequest {
  /** Part of the name, its case aside. */
  name?: string | undefined
  type?: string | undefined
  workspaceId?: string | undefined
}

/** The workspace's sources or destinations by name. */
export const listActors = async (
  services: Services,
  kind: Kind,
  query: ListActors,
  signal: AbortSignal,
): Promise<Page<ActorRead>> => {
  const { airbyte } = services
  const workspaceId = await workspaceOf(services, query.workspaceId, signal)
  const [definition, actors] = await Promise.all([
    query.type === undefined ? undefined : airbyte.definitions.resolve(kind, query.type, workspaceId, signal),
    found(airbyte.actors.list(kind, workspaceId, signal), workspaceId, '/workspaceId', 'workspace'),
  ])
  const matching = actors.filter(
    (one) =>
      one.name.toLowerCase().includes(query.name?.toLowerCase() ?? '') &&
      (definition === undefined || one.definitionId === definition.definitionId),
  )
  const { items, ...rest } = pageOf(matching, (one) => one.id, query)
  return { items: await Promise.all(items.map((one) => shownActor(services, one, signal))), ...rest }
}

/** The named workspace, else the one of this service. */
export const workspaceOf = async (
  { airbyte }: Services,
  named: string | undefined,
  signal: AbortSignal,
): Promise<string> => (named === undefined ? airbyte.workspaceId(signal) : uuidAt(named, '/workspaceId', 'workspace'))
