import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { IngestionError } from '../../errors.ts'
import type { Actor, ActorKind } from '../actor.ts'
import { connectorOf } from '../connectors.ts'
import { withFaults } from '../jobs/failure.ts'
import { keepSecrets, maskSecrets } from '../secrets.ts'
import type { Services } from '../services.ts'
import { requireWorkspace } from './instance.ts'
import { type Operation, post } from './operation.ts'
import { epochSeconds, id, jsonObject, oneOf, optional } from './wire.ts'

const defaultPageSize = 20

const sortKeys = [
  'actorname_asc',
  'actorname_desc',
  'actordefinitionname_asc',
  'actordefinitionname_desc',
  'lastsync_asc',
  'lastsync_desc',
] as const

/** create, get, list, update, partial_update and delete of sources or destinations: the same but for the names. */
export const actorOperations = (kind: ActorKind): Readonly<Record<string, Operation>> => {
  const idKey = `${kind}Id`
  const definitionKey = `${kind}DefinitionId`
  const byId = z.object({ [idKey]: id })
  const create = z
    .object({ workspaceId: id, name: optional(z.string()), connectionConfiguration: jsonObject })
    .and(z.object({ [definitionKey]: id }))
  const update = z.object({ name: z.string(), connectionConfiguration: jsonObject }).and(byId)
  const partialUpdate = z
    .object({ name: optional(z.string()), connectionConfiguration: optional(jsonObject) })
    .and(byId)
  const list = z.object({
    workspaceId: id,
    cursor: optional(id),
    pageSize: optional(z.int().positive()),
    sortKey: optional(oneOf(sortKeys)),
    filters: optional(z.object({ searchTerm: optional(z.string()) })),
  })
  const idOf = (input: Record<string, unknown>) => String(input[idKey])

  return {
    [`/${kind}s/create`]: post(create, (input, services) => {
      requireWorkspace(input.workspaceId, services)
      const connector = connectorOf(services.connectors, kind, String(input[definitionKey]))
      const actor: Actor = {
        id: randomUUID(),
        kind,
        definitionId: connector.definitionId,
        name: input.name ?? 'default',
        configuration: input.connectionConfiguration,
        createdAt: new Date(),
      }
      requireValid(actor, services)
      services.store.actors.add(actor)
      return actorRead(actor, services)
    }),

    [`/${kind}s/get`]: post(byId, (input, services) => actorRead(requireActor(kind, idOf(input), services), services)),

    [`/${kind}s/list`]: post(list, ({ workspaceId, cursor, pageSize, sortKey, filters }, services) => {
      requireWorkspace(workspaceId, services)
      const term = filters?.searchTerm?.toLowerCase() ?? ''
      const matching = services.store.actors.list(kind).filter(({ name }) => name.toLowerCase().includes(term))
      const sorted = sortKey?.startsWith('actorname') ? sortedByName(matching, sortKey.endsWith('_desc')) : matching
      const page = pageAfter(sorted, cursor, pageSize ?? defaultPageSize)
      return {
        [`${kind}s`]: page.map((actor) => actorRead(actor, services)),
        page_size: pageSize ?? defaultPageSize,
        // Airbyte's name for it; it counts the actors that match, not connections.
        num_connections: matching.length,
      }
    }),

    [`/${kind}s/update`]: post(update, (input, services) => {
      const actor = requireActor(kind, idOf(input), services)
      return save({ ...actor, name: input.name }, input.connectionConfiguration, services)
    }),

    [`/${kind}s/partial_update`]: post(partialUpdate, (input, services) => {
      const actor = requireActor(kind, idOf(input), services)
      const configuration = deepMerge(actor.configuration, input.connectionConfiguration ?? {}, 0)
      return save({ ...actor, name: input.name ?? actor.name }, configuration, services)
    }),

    [`/${kind}s/delete`]: post(byId, async (input, services) => {
      const actor = requireActor(kind, idOf(input), services)
      await services.runner.cancelAll(() => services.store.connections.listOfActor(actor.id).map(({ id }) => id))
      services.store.actors.remove(actor.id)
      return undefined
    }),
  }
}

/** Throws not_found. */
export const requireActor = (kind: ActorKind, actorId: string, { store }: Services): Actor => {
  const actor = store.actors.find(kind, actorId)
  if (!actor) throw new IngestionError('not_found', `No ${kind} ${actorId}.`)
  return actor
}

/** The items after the one whose id is `cursor`; from the start without one, nothing for an unknown one. Pure. */
const pageAfter = <Item extends { id: string }>(
  items: readonly Item[],
  cursor: string | undefined,
  pageSize: number,
): Item[] => {
  const from = cursor === undefined ? 0 : items.findIndex(({ id }) => id === cursor) + 1
  return cursor !== undefined && from === 0 ? [] : items.slice(from, from + pageSize)
}

/** The actor with another configuration, whose masked secrets are those it has; throws invalid_input for one that cannot be. */
export const proposedActor = (actor: Actor, given: Actor['configuration'], services: Services): Actor => {
  const connector = connectorOf(services.connectors, actor.kind, actor.definitionId)
  const configuration = keepSecrets(given, actor.configuration, connector.connectionSpecification)
  const proposed = { ...actor, configuration }
  requireValid(proposed, services)
  return proposed
}

const save = (next: Actor, given: Actor['configuration'], services: Services) => {
  const actor = proposedActor(next, given, services)
  services.store.actors.save(actor)
  return actorRead(actor, services)
}

/** Real Airbyte answers 422 with this sentence, then what the validator found. */
const requireValid = ({ kind, definitionId, configuration }: Actor, { connectors }: Services) => {
  try {
    connectorOf(connectors, kind, definitionId).parseConfig(configuration)
  } catch (error) {
    if (!(error instanceof IngestionError)) throw error
    throw new IngestionError(
      'invalid_input',
      `The provided configuration does not fulfill the specification. Errors: ${withFaults(error)}`,
      { errors: error.errors },
    )
  }
}

const actorRead = (actor: Actor, { connectors, store, workspaceId }: Services) => {
  const { kind } = actor
  const connector = connectorOf(connectors, kind, actor.definitionId)
  return {
    [`${kind}DefinitionId`]: actor.definitionId,
    [`${kind}Id`]: actor.id,
    workspaceId,
    connectionConfiguration: maskSecrets(actor.configuration, connector.connectionSpecification),
    name: actor.name,
    [`${kind}Name`]: connector.title,
    createdAt: epochSeconds(actor.createdAt),
    isVersionOverrideApplied: false,
    isEntitled: true,
    supportState: 'supported',
    status: 'active',
    numConnections: store.connections.countOfActor(actor.id),
  }
}

const sortedByName = (actors: readonly Actor[], isDescending: boolean) =>
  actors.toSorted((a, b) => a.name.localeCompare(b.name) * (isDescending ? -1 : 1))

const maxDepth = 50

const deepMerge = (
  base: Actor['configuration'],
  patch: Actor['configuration'],
  depth: number,
): Record<string, unknown> => {
  if (depth > maxDepth) throw new IngestionError('invalid_input', 'The configuration is nested too deeply.')
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(patch)) {
    const old = merged[key]
    merged[key] = isObject(old) && isObject(value) ? deepMerge(old, value, depth + 1) : value
  }
  return merged
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
