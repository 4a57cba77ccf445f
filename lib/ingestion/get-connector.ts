import type { Json, Kind } from '../airbyte/types.ts'
import type { Services } from '../services.ts'
import { exampleConfig } from './config/example-config.ts'
import { isObject, isSecret } from './config/spec-schema.ts'
import { type ConnectorRead, connectorRead } from './list-connectors.ts'

export interface ConnectorDetails extends ConnectorRead {
  /** JSON Schema (draft-07) of `config`; secrets are `writeOnly`. */
  configSchema: Record<string, unknown>
  /** A configuration of that form, to be filled in. */
  example: Record<string, unknown>
  /** Of a destination, when Airbyte tells. */
  destinationSyncModes?: string[]
}

/** One connector with what its configuration looks like. */
export const getConnector = async (
  { airbyte }: Services,
  { kind, type }: { kind: Kind; type: string },
  signal: AbortSignal,
): Promise<ConnectorDetails> => {
  const workspaceId = await airbyte.workspaceId(signal)
  const definition = await airbyte.definitions.resolve(kind, type, workspaceId, signal)
  const specification = await airbyte.specification(kind, definition.definitionId, workspaceId, signal)
  // Missing when Airbyte could not start the connector to ask it.
  const schema: Json = specification.connectionSpecification ?? {}
  const modes = specification.supportedDestinationSyncModes
  return {
    ...connectorRead(kind, definition),
    configSchema: marked(schema) as Record<string, unknown>,
    example: { ...exampleConfig(schema) },
    ...(modes?.length ? { destinationSyncModes: [...modes] } : {}),
  }
}

/** `writeOnly` is JSON Schema's own word for what is never answered. */
const marked = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(marked)
  if (!isObject(schema)) return schema
  const members = Object.fromEntries(Object.entries(schema).map(([name, one]) => [name, marked(one)]))
  return isSecret(schema) ? { ...members, writeOnly: true } : members
}
