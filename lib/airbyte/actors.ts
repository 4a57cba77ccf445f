import type { AirbyteClient, DestinationRead, SourceRead } from './client.ts'
import { allPages } from './paging.ts'
import type { Actor, CheckRead, Json, Kind } from './types.ts'

export interface NewActor {
  workspaceId: string
  name: string
  definitionId: string
  configuration: Json
}

/** Sources and destinations through one door: the wire differs by prefixes only. */
export const actors = (client: AirbyteClient) => ({
  create: async (
    kind: Kind,
    { definitionId, configuration, ...rest }: NewActor,
    signal: AbortSignal,
  ): Promise<Actor> =>
    kind === 'source'
      ? ofSource(
          await client.createSource(
            { ...rest, sourceDefinitionId: definitionId, connectionConfiguration: configuration },
            signal,
          ),
        )
      : ofDestination(
          await client.createDestination(
            { ...rest, destinationDefinitionId: definitionId, connectionConfiguration: configuration },
            signal,
          ),
        ),

  get: async (kind: Kind, id: string, signal: AbortSignal): Promise<Actor> =>
    kind === 'source'
      ? ofSource(await client.getSource({ sourceId: id }, signal))
      : ofDestination(await client.getDestination({ destinationId: id }, signal)),

  /** Replaces name and configuration; a secret sent as its mask keeps the stored one. */
  update: async (
    kind: Kind,
    { id, name, configuration }: { id: string; name: string; configuration: Json },
    signal: AbortSignal,
  ): Promise<Actor> =>
    kind === 'source'
      ? ofSource(await client.updateSource({ sourceId: id, name, connectionConfiguration: configuration }, signal))
      : ofDestination(
          await client.updateDestination({ destinationId: id, name, connectionConfiguration: configuration }, signal),
        ),

  /** Airbyte deletes the connections that use it, too. */
  remove: async (kind: Kind, id: string, signal: AbortSignal): Promise<void> => {
    await (kind === 'source'
      ? client.deleteSource({ sourceId: id }, signal)
      : client.deleteDestination({ destinationId: id }, signal))
  },

  check: (kind: Kind, id: string, signal: AbortSignal): Promise<CheckRead> =>
    kind === 'source'
      ? client.checkSource({ sourceId: id }, signal)
      : client.checkDestination({ destinationId: id }, signal),

  /** Every one of the workspace, all pages. */
  list: async (kind: Kind, workspaceId: string, signal: AbortSignal): Promise<readonly Actor[]> =>
    kind === 'source'
      ? allPages(
          async (page) => (await client.listSources({ workspaceId, ...page }, signal)).sources.map(ofSource),
          (one) => one.id,
        )
      : allPages(
          async (page) =>
            (await client.listDestinations({ workspaceId, ...page }, signal)).destinations.map(ofDestination),
          (one) => one.id,
        ),
})

const ofSource = (read: SourceRead): Actor => ({
  kind: 'source',
  id: read.sourceId,
  definitionId: read.sourceDefinitionId,
  connectorName: read.sourceName ?? undefined,
  ...common(read),
})

const ofDestination = (read: DestinationRead): Actor => ({
  kind: 'destination',
  id: read.destinationId,
  definitionId: read.destinationDefinitionId,
  connectorName: read.destinationName ?? undefined,
  ...common(read),
})

const common = (read: SourceRead | DestinationRead) => ({
  workspaceId: read.workspaceId,
  name: read.name,
  configuration: read.connectionConfiguration ?? {},
  createdAtSeconds: read.createdAt ?? undefined,
})
