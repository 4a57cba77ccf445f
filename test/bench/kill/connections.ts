import type { RunningPostgres } from '../../support/postgres.ts'
import { type RunningS3, s3Configuration } from '../../support/s3.ts'
import type { KillableEngine } from './killable-engine.ts'
import type { SourceServer } from './source-server.ts'

export const connectionNames = ['append', 'dedup', 'replace-objects', 'replace-table'] as const
export type ConnectionName = (typeof connectionNames)[number]

/** Where the tables go. */
export const targetSchema = 'copied'

const byTime = { syncMode: 'incremental', cursorField: ['updated_at'], primaryKey: [['id']] }
const full = { syncMode: 'full_refresh', destinationSyncMode: 'overwrite' }

const kinds = {
  append: { stream: 'events', config: { ...byTime, destinationSyncMode: 'append' }, to: 's3' },
  dedup: { stream: 'events', config: { ...byTime, destinationSyncMode: 'append_dedup' }, to: 'postgres' },
  'replace-objects': { stream: 'items', config: full, to: 's3' },
  'replace-table': { stream: 'items', config: full, to: 'postgres' },
} as const

/** One connection for each way to keep what was moved: events are appended and deduplicated, items replaced. */
export const createConnections = async (
  engine: KillableEngine,
  source: SourceServer,
  postgres: RunningPostgres,
  s3: RunningS3,
): Promise<Readonly<Record<ConnectionName, string>>> => {
  const { host, port, database, username, password } = postgres
  const server = { host, port, database, username, password }
  const { workspaceId } = (await engine.call('/workspaces/list')).body.workspaces[0]
  const create = async (kind: 'source' | 'destination', definitionId: string, connectionConfiguration: object) => {
    const definition = { [`${kind}DefinitionId`]: definitionId }
    const { body } = await engine.call(`/${kind}s/create`, {
      ...{ workspaceId, name: kind, connectionConfiguration },
      ...definition,
    })
    return String(body[`${kind}Id`])
  }
  const sourceId = await create('source', source.definitionId, source.configuration)
  const to = {
    postgres: await create('destination', '25c5221d-dce2-4163-ade9-739ef790f503', { ...server, schema: targetSchema }),
    s3: await create('destination', '4816b78f-1489-44c1-9060-4b19d5fa9362', s3Configuration(s3, 'lake')),
  }
  const ids: Partial<Record<ConnectionName, string>> = {}
  for (const name of connectionNames) {
    const { stream, config, to: destination } = kinds[name]
    const entry = {
      stream: { name: stream, namespace: source.namespace },
      config: { ...config, selected: true },
    }
    const { status, body } = await engine.call('/connections/create', {
      ...{ sourceId, destinationId: to[destination], name, status: 'active', namespaceDefinition: 'destination' },
      syncCatalog: { streams: [entry] },
    })
    if (status !== 200) throw new Error(`connections/create answered ${status}: ${JSON.stringify(body)}`)
    ids[name] = body.connectionId
  }
  return ids as Record<ConnectionName, string>
}
