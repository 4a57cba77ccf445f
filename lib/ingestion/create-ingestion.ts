import type { Catalog, ConnectionCreate, ConnectionRead, DiscoverRead } from '../airbyte/types.ts'
import { isAmbiguous } from '../airbyte/upstream-error.ts'
import { IngestionError } from '../errors.ts'
import type { Services } from '../services.ts'
import { found, uuidAt } from './known-id.ts'
import { fromWireSchedule, type Schedule, toWireSchedule } from './schedule.ts'
import { type SelectedStream, type StreamChoice, selectStreams } from './select-streams.ts'

export interface CreateIngestion {
  sourceId: string
  destinationId: string
  /** Where the request named the destination. */
  destinationPointer: string
  name?: string | undefined
  streams?: readonly StreamChoice[] | undefined
  schedule?: Schedule | undefined
  namespace?: 'source' | 'destination' | { format: string } | undefined
  prefix?: string | undefined
  status?: 'active' | 'inactive' | undefined
  created?: string | undefined
  updated?: string | undefined
}

export interface CreatedIngestion {
  id: string
  connectionId: string
  sourceId: string
  sinkId: string
  destinationId: string
  name: string
  streams: SelectedStream[]
  schedule: unknown
  status: string
  created: string
  updated: string
}

const lookMs = 2_500

/** Links a source and a destination: discovers what the source has, selects and checks streams, and creates the connection. */
export const createIngestion = async (
  services: Services,
  input: CreateIngestion,
  signal: AbortSignal,
): Promise<CreatedIngestion> => {
  const { airbyte, now } = services
  const sourceId = uuidAt(input.sourceId, '/sourceId', 'data source')
  const destinationId = uuidAt(input.destinationId, input.destinationPointer, 'sink')
  const schedule = toWireSchedule(input.schedule ?? 'manual')

  const [source, destination] = await Promise.all([
    found(airbyte.actors.get('source', sourceId, signal), sourceId, '/sourceId', 'data source'),
    found(airbyte.actors.get('destination', destinationId, signal), destinationId, input.destinationPointer, 'sink'),
  ])
  if (source.workspaceId !== destination.workspaceId)
    throw new IngestionError('invalid_input', 'The data source and the sink are in different workspaces.', {
      errors: [{ pointer: input.destinationPointer, message: 'is in another workspace than the data source' }],
    })

  const [discovered, specification] = await Promise.all([
    airbyte.client.discoverSchema({ sourceId }, signal),
    airbyte.specification('destination', destination.definitionId, destination.workspaceId, signal),
  ])
  const modes = specification.supportedDestinationSyncModes
  const { catalog, streams, faults } = selectStreams(
    catalogOf(discovered),
    input.streams,
    modes?.length ? modes : undefined,
  )
  if (faults.length > 0)
    throw new IngestionError(
      'invalid_input',
      faults.length === 1
        ? `${faults[0]?.pointer} ${faults[0]?.message}.`
        : `${faults.length} faults in streams, see errors.`,
      { errors: faults },
    )

  const connection = await create(
    services,
    {
      sourceId,
      destinationId,
      name: input.name ?? `${source.name} → ${destination.name}`,
      status: input.status ?? 'active',
      syncCatalog: catalog,
      ...(discovered.catalogId ? { sourceCatalogId: discovered.catalogId } : {}),
      ...schedule,
      ...namespaceOf(input.namespace),
      ...(input.prefix === undefined ? {} : { prefix: input.prefix }),
    },
    source.workspaceId,
    signal,
  )
  const created = input.created ?? now().toISOString()
  return {
    id: connection.connectionId,
    connectionId: connection.connectionId,
    sourceId,
    sinkId: destinationId,
    destinationId,
    name: connection.name,
    streams,
    schedule: fromWireSchedule(schedule.scheduleType, schedule.scheduleData),
    status: connection.status,
    created,
    updated: input.updated ?? created,
  }
}

/** A discover that failed answers 200 without a catalog; the reason stands beside it. */
const catalogOf = ({ catalog, jobInfo }: DiscoverRead): Catalog => {
  if (catalog && catalog.streams.length > 0) return catalog
  const reason = jobInfo?.failureReason
  const message = catalog
    ? 'The data source has no streams: check which schemas or tables its user may see.'
    : (reason?.externalMessage ?? 'Airbyte could not read the schema of the data source and gives no reason.')
  const isPassing = !catalog && reason?.failureType !== 'config_error' && reason !== undefined && reason !== null
  throw new IngestionError(isPassing ? 'connector_transient' : 'connector_config', message, {
    errors: [{ pointer: '/sourceId', message: catalog ? 'has no streams' : 'cannot be read' }],
  })
}

const namespaceOf = (
  namespace: CreateIngestion['namespace'],
): Pick<ConnectionCreate, 'namespaceDefinition' | 'namespaceFormat'> =>
  typeof namespace === 'object'
    ? { namespaceDefinition: 'customformat', namespaceFormat: namespace.format }
    : { namespaceDefinition: namespace ?? 'source' }

/** Creates once: when the answer got lost, the connection that may have been made is looked for instead of making a second. */
const create = async (
  { airbyte: { client } }: Services,
  connection: ConnectionCreate,
  workspaceId: string,
  signal: AbortSignal,
): Promise<ConnectionRead> => {
  try {
    return await client.createConnection(connection, signal)
  } catch (error) {
    if (!isAmbiguous(error)) throw error
    const listed = await client
      .listConnections({ workspaceId }, AbortSignal.timeout(lookMs))
      .catch(() => ({ connections: [] as readonly ConnectionRead[] }))
    const made = listed.connections.filter(
      (one) =>
        one.name === connection.name &&
        one.sourceId === connection.sourceId &&
        one.destinationId === connection.destinationId,
    )
    // With a twin of the same name it cannot be told which is ours.
    if (made[0] && made.length === 1) return made[0]
    throw new IngestionError(
      'outcome_unknown',
      `Airbyte did not say whether the ingestion "${connection.name}" was made. Look for it before creating it again.`,
      { cause: (error as IngestionError).cause, details: { candidates: made.map((one) => one.connectionId) } },
    )
  }
}
