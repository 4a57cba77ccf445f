import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { IngestionError } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import {
  type CatalogEntry,
  configuredStream,
  isSelfContained,
  refuseUnsupportedModes,
  resolveCatalog,
} from '../catalog.ts'
import type { Connection } from '../connection.ts'
import { destinationOf } from '../connectors.ts'
import { type JobTask, streamKey } from '../job.ts'
import { refuseSharedTargets } from '../jobs/sync-order.ts'
import { scheduleOfCreate, scheduleOfUpdate, scheduleRead } from '../schedule.ts'
import type { Services } from '../services.ts'
import { requireActor } from './actors.ts'
import { type ConnectionInput, connectionCreate, connectionUpdate } from './connection-input.ts'
import { discover } from './inspection.ts'
import { requireWorkspace } from './instance.ts'
import { jobInfo } from './job-read.ts'
import { type Operation, post } from './operation.ts'
import { epochSeconds, id, oneOf, optional, present } from './wire.ts'

const byId = z.object({ connectionId: id })
const stream = z
  .object({ streamName: z.string(), streamNamespace: optional(z.string()) })
  .transform(({ streamName: name, streamNamespace: namespace }) => (namespace ? { name, namespace } : { name }))
const ofStreams = z.object({ connectionId: id, streams: z.array(stream).nonempty() })
const refresh = z.object({
  connectionId: id,
  refreshMode: oneOf(['merge', 'truncate'] as const),
  streams: optional(z.array(stream)),
})

export const connectionOperations: Readonly<Record<string, Operation>> = {
  '/connections/create': post(connectionCreate, async (input, services) => {
    const source = requireActor('source', input.sourceId, services)
    const destination = requireActor('destination', input.destinationId, services)
    const connection: Connection = {
      id: randomUUID(),
      sourceId: source.id,
      destinationId: destination.id,
      name: input.name ?? `${source.name} <> ${destination.name}`,
      status: input.status ?? 'active',
      namespaceDefinition: input.namespaceDefinition ?? 'source',
      ...namesOf(input),
      schedule: scheduleOfCreate(input),
      catalog: await catalogOf(input, source, destination, services),
      kept: keptOf(input),
      createdAt: new Date(),
    }
    refuseSharedTargets(connection.catalog.map(configuredStream), connection)
    // As the source in the discovery.
    requireActor('destination', destination.id, services)
    services.store.connections.add(connection)
    services.runner.prepare()
    services.scheduler.wake()
    return connectionRead(connection)
  }),

  '/connections/get': post(byId, ({ connectionId }, services) =>
    connectionRead(requireConnection(connectionId, services)),
  ),

  '/connections/list': post(z.object({ workspaceId: id }), ({ workspaceId }, services) => {
    requireWorkspace(workspaceId, services)
    // To set one to deprecated is Airbyte's soft way to delete it.
    const connections = services.store.connections.list().filter(({ status }) => status !== 'deprecated')
    return { connections: connections.map(connectionRead) }
  }),

  // A patch: what is absent stays, but a catalog that is given replaces the whole one.
  '/connections/update': post(connectionUpdate, async ({ connectionId, ...input }, services) => {
    const { sourceId, destinationId } = requireConnection(connectionId, services)
    const source = requireActor('source', sourceId, services)
    const destination = requireActor('destination', destinationId, services)
    const catalog = input.syncCatalog && (await catalogOf(input, source, destination, services))
    // As it is now: a discovery takes its time.
    const current = requireConnection(connectionId, services)
    const connection: Connection = {
      ...current,
      ...present({
        name: input.name ?? current.name,
        status: input.status ?? current.status,
        namespaceDefinition: input.namespaceDefinition ?? current.namespaceDefinition,
      }),
      ...namesOf(input),
      schedule: scheduleOfUpdate(input, current.schedule),
      catalog: catalog ?? current.catalog,
      kept: { ...current.kept, ...keptOf(input) },
    }
    // One that was made before this was refused can still be paused and renamed.
    if (input.syncCatalog || input.namespaceDefinition || input.namespaceFormat !== undefined)
      refuseSharedTargets(connection.catalog.map(configuredStream), connection)
    services.store.transaction(() => {
      for (const stream of streamsToForget(current.catalog, connection.catalog))
        services.store.streams.clearState(connectionId, stream)
      services.store.connections.save(connection)
    })
    services.scheduler.wake()
    return connectionRead(connection)
  }),

  '/connections/delete': post(byId, async ({ connectionId }, services) => {
    requireConnection(connectionId, services)
    await services.runner.cancelAll(() => [connectionId])
    services.store.connections.remove(connectionId)
    return undefined
  }),

  '/connections/sync': post(byId, ({ connectionId }, services) =>
    started(connectionId, { configType: 'sync' }, services),
  ),

  // Airbyte answers the job alone here.
  '/connections/refresh': post(refresh, ({ connectionId, refreshMode, streams }, services) => {
    const task: JobTask = { configType: 'refresh', streams: streams ?? [] }
    const { job } = started(connectionId, refreshMode === 'truncate' ? { ...task, replaceBy: 'all' } : task, services)
    return { job }
  }),
  '/connections/clear': post(byId, ({ connectionId }, services) =>
    started(connectionId, { configType: 'clear', replaceBy: 'none' }, services),
  ),
  '/connections/clear/stream': post(ofStreams, ({ connectionId, streams }, services) =>
    started(connectionId, { configType: 'clear', replaceBy: 'none', streams }, services),
  ),
  '/connections/reset': post(byId, ({ connectionId }, services) =>
    started(connectionId, { configType: 'reset_connection', replaceBy: 'none' }, services),
  ),
  '/connections/reset/stream': post(ofStreams, ({ connectionId, streams }, services) =>
    started(connectionId, { configType: 'reset_connection', replaceBy: 'none', streams }, services),
  ),
}

/**
 * The streams whose state means nothing under the next catalog: another cursor, or read in full from now on. A stream
 * that is taken out keeps its state, so that it can go on when it is put back. Pure.
 */
const streamsToForget = (current: readonly CatalogEntry[], next: readonly CatalogEntry[]) => {
  const previous = new Map(current.map((entry) => [streamKey(entry.stream), configuredStream(entry)]))
  return next.map(configuredStream).filter((stream) => {
    const before = previous.get(streamKey(stream))
    if (!before) return false
    return stream.syncMode === 'full_refresh' || stream.cursorField.join('\0') !== before.cursorField.join('\0')
  })
}

const started = (connectionId: string, task: JobTask, services: Services) =>
  jobInfo(services.runner.start(requireConnection(connectionId, services), task), services.store)

/** Throws not_found. */
export const requireConnection = (connectionId: string, { store }: Services): Connection => {
  const connection = store.connections.find(connectionId)
  if (!connection) throw new IngestionError('not_found', `No connection ${connectionId}.`)
  return connection
}

const catalogOf = async ({ syncCatalog }: ConnectionInput, source: Actor, destination: Actor, services: Services) => {
  const given = syncCatalog?.streams ?? []
  const { name, supportedDestinationSyncModes } = destinationOf(services.connectors, destination)
  refuseUnsupportedModes(given, name, supportedDestinationSyncModes)
  if (isSelfContained(given)) return resolveCatalog(given, [])
  const { streams } = services.store.catalogs.find(source.id) ?? (await discover(source, services))
  return resolveCatalog(given, streams)
}

const namesOf = ({ namespaceFormat, prefix }: ConnectionInput) => ({
  ...(namespaceFormat === undefined ? {} : { namespaceFormat }),
  ...(prefix === undefined ? {} : { prefix }),
})

const keptOf = (input: ConnectionInput) =>
  present({
    operationIds: input.operationIds,
    resourceRequirements: input.resourceRequirements,
    sourceCatalogId: input.sourceCatalogId,
    destinationCatalogId: input.destinationCatalogId,
    dataplaneGroupId: input.dataplaneGroupId,
    notifySchemaChanges: input.notifySchemaChanges,
    notifySchemaChangesByEmail: input.notifySchemaChangesByEmail,
    nonBreakingChangesPreference: input.nonBreakingChangesPreference,
    backfillPreference: input.backfillPreference,
    tags: input.tags,
  })

const connectionRead = (connection: Connection) =>
  present({
    connectionId: connection.id,
    name: connection.name,
    sourceId: connection.sourceId,
    destinationId: connection.destinationId,
    namespaceDefinition: connection.namespaceDefinition,
    namespaceFormat: connection.namespaceFormat,
    prefix: connection.prefix,
    syncCatalog: { streams: connection.catalog },
    ...scheduleRead(connection.schedule),
    status: connection.status,
    breakingChange: false,
    created_at: epochSeconds(connection.createdAt),
    operationIds: [],
    tags: [],
    ...connection.kept,
  })
