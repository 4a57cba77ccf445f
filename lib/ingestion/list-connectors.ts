import { typeName } from '../airbyte/resolve-type.ts'
import type { Definition, Kind } from '../airbyte/types.ts'
import type { Services } from '../services.ts'
import { workspaceOf } from './actor/list-actors.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'

export interface ConnectorRead {
  kind: Kind
  /** What `type` of a data source or a sink takes. */
  type: string
  name: string
  definitionId: string
  dockerRepository: string
  version?: string
  documentationUrl?: string
}

export interface ListConnectors extends PageRequest {
  kind?: Kind | undefined
  /** Part of name, type or docker repository. */
  q?: string | undefined
  workspaceId?: string | undefined
}

const kinds: readonly Kind[] = ['source', 'destination']

/** What this Airbyte can read from and write to, by name. */
export const listConnectors = async (
  services: Services,
  { kind, q = '', ...query }: ListConnectors,
  signal: AbortSignal,
): Promise<Page<ConnectorRead>> => {
  const workspaceId = await workspaceOf(services, query.workspaceId, signal)
  const wanted = kind ? [kind] : kinds
  const lists = await Promise.all(
    wanted.map(async (one) =>
      (await services.airbyte.definitions.list(one, workspaceId, signal)).map((definition) =>
        connectorRead(one, definition),
      ),
    ),
  )
  const words = q.toLowerCase().split(/\s+/)
  const matching = lists.flat().filter((one) => {
    const text = `${one.name} ${one.type} ${one.dockerRepository}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  return pageOf(matching, (one) => `${one.kind} ${one.definitionId}`, query)
}

export const connectorRead = (kind: Kind, definition: Definition): ConnectorRead => ({
  kind,
  type: typeName(kind, definition),
  name: definition.name,
  definitionId: definition.definitionId,
  dockerRepository: definition.dockerRepository,
  ...(definition.dockerImageTag ? { version: definition.dockerImageTag } : {}),
  ...(definition.documentationUrl ? { documentationUrl: definition.documentationUrl } : {}),
})
