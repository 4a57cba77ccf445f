import { randomUUID } from 'node:crypto'
import { type Body, inWorkspace, type Memory, type Operation, Refusal } from './memory.ts'
import type { Profile } from './profile.ts'

interface Catalog {
  streams: { stream: Body; config: Body }[]
}

const members = [
  'name',
  'status',
  'syncCatalog',
  'sourceCatalogId',
  'schedule',
  'scheduleType',
  'scheduleData',
  'namespaceDefinition',
  'namespaceFormat',
  'prefix',
]

const java = (message: string) => new Refusal(500, message)

/** Connections, and the discovery that they begin with. */
export const connectionOperations = (profile: Profile, memory: Memory): Record<string, Operation> => {
  const { actors, connections } = memory
  return {
    '/sources/discover_schema': {
      required: ['sourceId'],
      optional: ['disable_cache'],
      run: async (body) => {
        const id = String(body.sourceId)
        if (!actors.has(id)) throw new Refusal(404, `Could not find configuration for SOURCE_CONNECTION: ${id}.`)
        const known = body.disable_cache === true ? undefined : memory.discovered.get(id)
        if (known === undefined) await memory.inspected
        const catalog = known ?? memory.catalog
        if (catalog === undefined) return { jobInfo: { succeeded: false, failureReason: memory.discoverFailure } }
        memory.discovered.set(id, catalog)
        return { catalog, catalogId: 'c0ffee00-0000-4000-8000-000000000000', jobInfo: { succeeded: true } }
      },
    },
    '/connections/create': {
      required: ['sourceId', 'destinationId', 'status'],
      optional: members,
      run: (body) => {
        for (const id of [body.sourceId, body.destinationId])
          if (!actors.has(String(id))) throw new Refusal(404, `Could not find configuration for ACTOR: ${id}.`)
        if (body.schedule && body.scheduleType)
          throw new Refusal(422, 'supply old or new schedule schema but not both', true)
        const connection = {
          ...body,
          syncCatalog: storedCatalog(body.syncCatalog),
          connectionId: randomUUID(),
          ...(profile.createdAt ? { created_at: memory.nowSeconds() } : {}),
        }
        connections.set(connection.connectionId, connection)
        return connection
      },
    },
    '/connections/get': { required: ['connectionId'], run: (body) => connectionOf(memory, body) },
    '/connections/list': {
      required: ['workspaceId'],
      run: (body) => {
        inWorkspace(body)
        return { connections: [...connections.values()].filter((one) => one.status !== 'deprecated') }
      },
    },
    // A patch, in which the old schedule and halves of the new one are errors of the server.
    '/connections/update': {
      required: ['connectionId'],
      optional: members,
      run: ({ schedule, scheduleType, scheduleData, syncCatalog, ...body }) => {
        const connection = connectionOf(memory, body)
        if (schedule) throw java("java.lang.IllegalArgumentException: 'schedule' is no longer supported.")
        const needsData = scheduleType === 'basic' || scheduleType === 'cron'
        if (needsData !== (scheduleData !== undefined)) throw java('java.lang.IllegalArgumentException: scheduleData')
        const { scheduleData: _, ...unscheduled } = connection
        const changed = {
          ...(scheduleType === undefined ? connection : unscheduled),
          ...body,
          ...(scheduleType === undefined ? {} : { scheduleType }),
          ...(scheduleData === undefined ? {} : { scheduleData }),
          ...(syncCatalog === undefined ? {} : { syncCatalog: storedCatalog(syncCatalog) }),
        }
        connections.set(String(body.connectionId), changed)
        return changed
      },
    },
    '/connections/delete': {
      required: ['connectionId'],
      run: (body) => {
        connections.set(String(body.connectionId), { ...connectionOf(memory, body), status: 'deprecated' })
      },
    },
  }
}

export const connectionOf = ({ connections }: Memory, body: Body): Body => {
  const found = connections.get(String(body.connectionId))
  if (!found) throw new Refusal(404, `Could not find configuration for STANDARD_SYNC: ${body.connectionId}.`)
  return found
}

/** What is kept of a catalog: its selected streams. What is not looked at for null, is an error of the server. */
const storedCatalog = (catalog: unknown): Catalog => {
  const { streams } = catalog as Catalog
  const names = streams.map(({ stream }) => JSON.stringify([stream.namespace, stream.name]))
  if (new Set(names).size !== names.length) throw java('java.lang.IllegalArgumentException: Failed requirement.')
  for (const { stream, config } of streams)
    if (!stream.jsonSchema || !stream.supportedSyncModes || typeof config.selected !== 'boolean')
      throw java('java.lang.NullPointerException: Cannot invoke "java.util.List.stream()"')
  return { streams: streams.filter(({ config }) => config.selected) }
}
