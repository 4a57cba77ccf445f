import * as z from 'zod'
import type { Destination, Source } from '../../connectors/connector.ts'
import type { ActorKind } from '../actor.ts'
import { connectorOf, connectorsOf } from '../connectors.ts'
import { requireWorkspace } from './instance.ts'
import { type Operation, post } from './operation.ts'
import { synchronousJob } from './synchronous-job.ts'
import { id } from './wire.ts'

/** The connectors are part of the engine and have no image of their own. */
const imageTag = 'embedded'

export const definitionOperations = (kind: ActorKind): Readonly<Record<string, Operation>> => {
  const idKey = `${kind}DefinitionId`
  const ofWorkspace = z.object({ workspaceId: id, [idKey]: id })
  const definition = (connector: Source | Destination) => ({
    [idKey]: connector.definitionId,
    name: connector.title,
    dockerRepository: `airbyte/${connector.name}`,
    dockerImageTag: imageTag,
    documentationUrl: connector.documentationUrl,
    custom: false,
    enterprise: false,
    supportLevel: 'certified',
    releaseStage: 'generally_available',
  })
  return {
    // Airbyte declares no body here and ignores one.
    [`/${kind}_definitions/list`]: post(z.unknown(), (_, { connectors }) => ({
      [`${kind}Definitions`]: connectorsOf(connectors, kind).map(definition),
    })),
    [`/${kind}_definitions/list_for_workspace`]: post(z.object({ workspaceId: id }), ({ workspaceId }, services) => {
      requireWorkspace(workspaceId, services)
      return { [`${kind}Definitions`]: connectorsOf(services.connectors, kind).map(definition) }
    }),
    [`/${kind}_definitions/get`]: post(z.object({ [idKey]: id }), (input, { connectors }) =>
      definition(connectorOf(connectors, kind, input[idKey] ?? '')),
    ),
    [`/${kind}_definition_specifications/get`]: post(ofWorkspace, (input, { connectors }) => {
      const startedAt = new Date()
      const connector = connectorOf(connectors, kind, input[idKey] ?? '')
      return {
        [idKey]: connector.definitionId,
        documentationUrl: connector.documentationUrl,
        connectionSpecification: connector.connectionSpecification,
        ...(connector.kind === 'destination'
          ? { supportedDestinationSyncModes: connector.supportedDestinationSyncModes }
          : {}),
        jobInfo: synchronousJob('get_spec', connector.definitionId, startedAt),
      }
    }),
  }
}
