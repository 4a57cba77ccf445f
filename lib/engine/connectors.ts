import type { Destination, Source } from '../connectors/connector.ts'
import { IngestionError } from '../errors.ts'
import type { Actor, ActorKind } from './actor.ts'

/** The connectors on offer; the registry is one. */
export interface Connectors {
  readonly sources: readonly Source[]
  readonly destinations: readonly Destination[]
}

export const connectorsOf = (connectors: Connectors, kind: ActorKind): readonly (Source | Destination)[] =>
  kind === 'source' ? connectors.sources : connectors.destinations

/** The connector that has this definition id; throws not_found. */
export const connectorOf = (connectors: Connectors, kind: ActorKind, definitionId: string): Source | Destination => {
  const found = connectorsOf(connectors, kind).find(
    (connector) => connector.definitionId === definitionId.toLowerCase(),
  )
  if (!found) throw new IngestionError('not_found', `No ${kind} definition ${definitionId}.`)
  return found
}

export const sourceOf = (connectors: Connectors, { definitionId }: Actor): Source => {
  const found = connectors.sources.find((source) => source.definitionId === definitionId)
  if (!found) throw new IngestionError('not_found', `No source definition ${definitionId}.`)
  return found
}

export const destinationOf = (connectors: Connectors, { definitionId }: Actor): Destination => {
  const found = connectors.destinations.find((destination) => destination.definitionId === definitionId)
  if (!found) throw new IngestionError('not_found', `No destination definition ${definitionId}.`)
  return found
}
