import type { Catalog, CatalogEntry, ConnectionRead, ConnectionUpdate } from '../../airbyte/types.ts'
import type { Services } from '../../services.ts'
import { discover, someStreams } from '../actor/discover.ts'
import type { DryRun } from '../dry-run.ts'
import { namespaceSent, streamFaults } from './create-ingestion.ts'
import { connectionAt, type IngestionWithSync, withSync } from './get-ingestion.ts'
import { ingestionRead } from './ingestion-read.ts'
import { lastSync } from './last-sync.ts'
import { type Schedule, toWireSchedule } from './schedule.ts'
import { type StreamChoice, selectStreams } from './select-streams.ts'
import { sharedTargets } from './shared-targets.ts'

export interface UpdateIngestion {
  id: string
  name?: string | undefined
  /** Replaces the selection. What is not told of a stream that is selected already stays as it is. */
  streams?: readonly StreamChoice[] | undefined
  schedule?: Schedule | undefined
  namespace?: 'source' | 'destination' | { format: string } | undefined
  prefix?: string | undefined
  status?: 'active' | 'inactive' | undefined
}

/** Changes what is told and leaves the rest. */
export const updateIngestion = async (
  services: Services,
  input: UpdateIngestion,
  signal: AbortSignal,
): Promise<IngestionWithSync> => {
  const { connection, update } = await planned(services, input, signal)
  const [changed, last] = await Promise.all([
    services.airbyte.client.updateConnection(update, signal),
    lastSync(services, connection.connectionId, signal),
  ])
  return withSync(ingestionRead(changed, services.now()), last)
}

/** What `updateIngestion` would send, without sending it. */
export const dryUpdateIngestion = async (
  services: Services,
  input: UpdateIngestion,
  signal: AbortSignal,
): Promise<DryRun> => {
  const { update } = await planned(services, input, signal)
  return { dryRun: true, operation: '/connections/update', request: { ...update } }
}

const planned = async (services: Services, input: UpdateIngestion, signal: AbortSignal) => {
  const schedule = input.schedule === undefined ? {} : toWireSchedule(input.schedule)
  const connection = await connectionAt(services, input.id, signal)
  const update: ConnectionUpdate = {
    connectionId: connection.connectionId,
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.status === undefined ? {} : { status: input.status }),
    ...(input.prefix === undefined ? {} : { prefix: input.prefix }),
    ...(input.namespace === undefined ? {} : namespaceSent(input.namespace)),
    ...schedule,
    ...(input.streams === undefined ? {} : await selection(services, connection, input.streams, signal)),
  }
  if (input.streams !== undefined || input.namespace !== undefined) {
    const next = { ...connection, ...update }
    streamFaults(sharedTargets(next.syncCatalog ?? { streams: [] }, next))
  }
  return { connection, update }
}

const selection = async (
  services: Services,
  connection: ConnectionRead,
  choices: readonly StreamChoice[],
  signal: AbortSignal,
): Promise<Pick<ConnectionUpdate, 'syncCatalog' | 'sourceCatalogId'>> => {
  const { airbyte } = services
  const { sourceId, destinationId } = connection
  const [{ catalog, catalogId }, destination] = await Promise.all([
    discover(services, sourceId, { pointer: '/id' }, signal),
    airbyte.actors.get('destination', destinationId, signal),
  ])
  const { supportedDestinationSyncModes: modes } = await airbyte.specification(
    'destination',
    destination.definitionId,
    destination.workspaceId,
    signal,
  )
  const current = currentEntries(connection.syncCatalog)
  const chosen = selectStreams(
    someStreams(catalog, '/id'),
    withOthers(choices, current).map((choice) => withCurrent(choice, current)),
    modes?.length ? modes : undefined,
  )
  streamFaults(chosen.faults)
  return {
    syncCatalog: {
      streams: chosen.catalog.streams.map(({ stream, config }) => ({
        stream,
        // Mappings, file options and whatever else a generation keeps with a stream.
        config: config ? { ...current.get(keyOf(stream))?.config, ...config } : null,
      })),
    },
    ...(catalogId ? { sourceCatalogId: catalogId } : {}),
  }
}

const keyOf = ({ name, namespace }: { name: string; namespace?: string | null | undefined }) =>
  JSON.stringify([namespace ?? '', name])

const currentEntries = (catalog: Catalog | null | undefined): ReadonlyMap<string, CatalogEntry> =>
  new Map((catalog?.streams ?? []).map((entry) => [keyOf(entry.stream), entry]))

/** Choices that only leave streams out keep the other selected ones. */
const withOthers = (
  choices: readonly StreamChoice[],
  current: ReadonlyMap<string, CatalogEntry>,
): readonly StreamChoice[] => {
  if (choices.some(({ selected }) => selected !== false)) return choices
  const isNamed = ({ stream }: CatalogEntry) =>
    choices.some(
      ({ name, namespace }) =>
        stream.name === name && (namespace === undefined || (stream.namespace ?? '') === namespace),
    )
  const others = [...current.values()].filter((entry) => !isNamed(entry))
  if (others.length === 0) streamFaults([{ pointer: '/streams', message: 'would leave no stream' }])
  return [...choices, ...others.map(({ stream }) => ({ name: stream.name, namespace: stream.namespace ?? '' }))]
}

/** Without a word about modes the stream goes on as it does. */
const withCurrent = (choice: StreamChoice, current: ReadonlyMap<string, CatalogEntry>): StreamChoice => {
  const same = [...current.values()].filter(
    ({ stream }) =>
      stream.name === choice.name && (choice.namespace === undefined || (stream.namespace ?? '') === choice.namespace),
  )
  const entry = same.length === 1 ? same[0] : undefined
  if (!entry?.config) return choice
  const { stream, config } = entry
  const saysModes = choice.syncMode !== undefined || choice.destinationSyncMode !== undefined
  const cursor = config.cursorField ?? []
  const key = config.primaryKey ?? []
  return {
    ...(saysModes ? {} : { syncMode: config.syncMode, destinationSyncMode: config.destinationSyncMode }),
    ...(cursor.length > 0 && !stream.sourceDefinedCursor && choice.syncMode !== 'full_refresh'
      ? { cursorField: cursor }
      : {}),
    ...(key.length > 0 && !stream.sourceDefinedPrimaryKey?.length ? { primaryKey: key } : {}),
    ...(config.fieldSelectionEnabled && config.selectedFields
      ? { fields: config.selectedFields.flatMap(({ fieldPath: [name] }) => (name === undefined ? [] : [name])) }
      : {}),
    ...(config.asText?.length ? { asText: config.asText } : {}),
    ...defined(choice),
  }
}

const defined = (choice: StreamChoice): StreamChoice =>
  Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined)) as unknown as StreamChoice
