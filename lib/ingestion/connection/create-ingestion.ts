import type { Catalog, ConnectionCreate, ConnectionRead } from '../../airbyte/types.ts'
import { isAmbiguous } from '../../airbyte/upstream-error.ts'
import { type Fault, IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import { discover, someStreams } from '../actor/discover.ts'
import { actorAt } from '../actor/read-actor.ts'
import type { DryRun } from '../dry-run.ts'
import { type IngestionRead, ingestionRead } from './ingestion-read.ts'
import { type Schedule, toWireSchedule } from './schedule.ts'
import { type StreamChoice, selectStreams } from './select-streams.ts'
import { sharedTargets } from './shared-targets.ts'

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
  /** What to do when there is one of that name between the two; absent = not to look. */
  ifExists?: 'fail' | 'return' | undefined
}

/** The names as in `IngestionRead`, and why a mode was chosen that was not told. */
export type CreatedIngestion = IngestionRead & {
  created: string
  updated: string
  /** It was there before, and was left as it is. */
  existing?: true
}

const lookMs = 2_500

/** Links a source and a destination: discovers what the source has, selects and checks streams, and creates the connection. */
export const createIngestion = async (
  services: Services,
  input: CreateIngestion,
  signal: AbortSignal,
): Promise<CreatedIngestion> => {
  const { request, streams, workspaceId } = await planned(services, input, signal)
  const twin = input.ifExists === undefined ? undefined : await twinOf(services, request, workspaceId, signal)
  if (twin && input.ifExists === 'fail')
    throw new IngestionError(
      'conflict',
      `There is an ingestion ${JSON.stringify(twin.name)} of this data source and sink already: ${twin.connectionId}.`,
      { errors: [{ pointer: '/name', message: 'is taken' }], details: { id: twin.connectionId } },
    )
  const now = services.now()
  if (twin) {
    const read = ingestionRead(twin, now)
    const created = read.created ?? now.toISOString()
    return { ...read, created, updated: created, existing: true }
  }
  const connection = await create(services, request, workspaceId, signal)
  const created = input.created ?? now.toISOString()
  return {
    ...ingestionRead({ ...request, ...connection }, now),
    streams,
    created,
    updated: input.updated ?? created,
  }
}

/** What `createIngestion` would send, without sending it. */
export const dryCreateIngestion = async (
  services: Services,
  input: CreateIngestion,
  signal: AbortSignal,
): Promise<DryRun> => {
  const { request } = await planned(services, input, signal)
  return { dryRun: true, operation: '/connections/create', request: { ...request } }
}

const planned = async (services: Services, input: CreateIngestion, signal: AbortSignal) => {
  const { airbyte } = services
  const schedule = toWireSchedule(input.schedule ?? 'manual')
  const [source, destination] = await Promise.all([
    actorAt(services, 'source', input.sourceId, '/sourceId', signal),
    actorAt(services, 'destination', input.destinationId, input.destinationPointer, signal),
  ])
  const { workspaceId } = source
  if (workspaceId !== destination.workspaceId)
    throw new IngestionError('invalid_input', 'The data source and the sink are in different workspaces.', {
      errors: [{ pointer: input.destinationPointer, message: 'is in another workspace than the data source' }],
    })

  const [{ catalog: discovered, catalogId }, { supportedDestinationSyncModes: modes }] = await Promise.all([
    discover(services, source.id, { pointer: '/sourceId' }, signal),
    airbyte.specification('destination', destination.definitionId, workspaceId, signal),
  ])
  const { catalog, streams, faults } = selectStreams(
    someStreams(discovered, '/sourceId'),
    input.streams,
    modes?.length ? modes : undefined,
  )
  const namespace = namespaceSent(input.namespace ?? 'source')
  streamFaults([...faults, ...sharedTargets(catalog, namespace)])
  const request: ConnectionCreate = {
    sourceId: source.id,
    destinationId: destination.id,
    name: input.name ?? `${source.name} → ${destination.name}`,
    status: input.status ?? 'active',
    syncCatalog: catalog,
    ...(catalogId ? { sourceCatalogId: catalogId } : {}),
    ...schedule,
    ...namespace,
    ...(input.prefix === undefined ? {} : { prefix: input.prefix }),
  }
  return { request, streams, workspaceId }
}

/** Throws when there are any. */
export const streamFaults = (faults: readonly Fault[]): void => {
  if (faults.length > 0)
    throw new IngestionError(
      'invalid_input',
      faults.length === 1
        ? `${faults[0]?.pointer} ${faults[0]?.message}.`
        : `${faults.length} faults in streams, see errors.`,
      { errors: faults },
    )
}

export const namespaceSent = (
  namespace: NonNullable<CreateIngestion['namespace']>,
): Pick<ConnectionCreate, 'namespaceDefinition' | 'namespaceFormat'> =>
  typeof namespace === 'object'
    ? { namespaceDefinition: 'customformat', namespaceFormat: namespace.format }
    : { namespaceDefinition: namespace }

const twinOf = async (
  { airbyte }: Services,
  { name, sourceId, destinationId }: ConnectionCreate,
  workspaceId: string,
  signal: AbortSignal,
): Promise<ConnectionRead | undefined> =>
  (await airbyte.client.listConnections({ workspaceId }, signal)).connections.find(
    (one) =>
      one.name === name &&
      one.sourceId === sourceId &&
      one.destinationId === destinationId &&
      one.status !== 'deprecated',
  )

/** Clocks of Airbyte and of this function may differ by so much. */
const skewSeconds = 60

/** Creates once: when the answer got lost, the connection that may have been made is looked for instead of making a second. */
const create = async (
  { airbyte: { client }, now }: Services,
  connection: ConnectionCreate,
  workspaceId: string,
  signal: AbortSignal,
): Promise<ConnectionRead> => {
  const askedAtSeconds = now().getTime() / 1000
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
        one.destinationId === connection.destinationId &&
        // An older one of that name is not ours; where Airbyte does not tell when, it has to have the same streams.
        (one.created_at ?? askedAtSeconds) >= askedAtSeconds - skewSeconds &&
        streamNames(one.syncCatalog) === streamNames(connection.syncCatalog),
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

const streamNames = (catalog: Catalog | null | undefined): string =>
  JSON.stringify((catalog?.streams ?? []).map(({ stream }) => `${stream.namespace ?? ''}\n${stream.name}`).sort())
