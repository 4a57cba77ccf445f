import { IngestionError } from '../errors.ts'
import { type OperationName, operations } from './operations.ts'
import type { Send } from './transport.ts'
import type * as wire from './types.ts'

/** Body and answer of each operation. */
interface Shapes {
  health: [body: undefined, answer: { available?: boolean } | undefined]
  instanceConfiguration: [undefined, InstanceConfiguration]
  token: [{ client_id: string; client_secret: string }, { access_token?: string; expires_in?: number | null }]
  listWorkspaces: [undefined, { workspaces?: readonly wire.Workspace[] | null }]
  listWorkspacesByUser: [{ userId: string }, { workspaces?: readonly wire.Workspace[] | null }]

  getWorkspace: [WorkspaceId, wire.Workspace]

  listSourceDefinitions: [undefined, { sourceDefinitions: readonly SourceDefinitionRead[] }]
  listDestinationDefinitions: [undefined, { destinationDefinitions: readonly DestinationDefinitionRead[] }]
  listSourceDefinitionsForWorkspace: [WorkspaceId, { sourceDefinitions: readonly SourceDefinitionRead[] }]
  listDestinationDefinitionsForWorkspace: [
    WorkspaceId,
    { destinationDefinitions: readonly DestinationDefinitionRead[] },
  ]
  getSourceSpecification: [{ sourceDefinitionId: string } & WorkspaceId, wire.Specification]
  getDestinationSpecification: [{ destinationDefinitionId: string } & WorkspaceId, wire.Specification]

  createSource: [ActorCreate & { sourceDefinitionId: string }, SourceRead]
  getSource: [{ sourceId: string }, SourceRead]
  listSources: [ListActors, { sources: readonly SourceRead[]; num_connections?: number | null }]
  updateSource: [ActorUpdate & { sourceId: string }, SourceRead]
  deleteSource: [{ sourceId: string }, unknown]
  checkSource: [{ sourceId: string }, wire.CheckRead]
  discoverSchema: [{ sourceId: string; disable_cache?: boolean }, wire.DiscoverRead]
  createDestination: [ActorCreate & { destinationDefinitionId: string }, DestinationRead]
  getDestination: [{ destinationId: string }, DestinationRead]
  listDestinations: [ListActors, { destinations: readonly DestinationRead[]; num_connections?: number | null }]
  updateDestination: [ActorUpdate & { destinationId: string }, DestinationRead]
  deleteDestination: [{ destinationId: string }, unknown]
  checkDestination: [{ destinationId: string }, wire.CheckRead]

  createConnection: [wire.ConnectionCreate, wire.ConnectionRead]
  getConnection: [{ connectionId: string }, wire.ConnectionRead]
  listConnections: [WorkspaceId, { connections: readonly wire.ConnectionRead[] }]
  updateConnection: [wire.ConnectionUpdate, wire.ConnectionRead]
  deleteConnection: [{ connectionId: string }, unknown]
  startSync: [ConnectionId, wire.JobInfoRead]
  startRefresh: [
    ConnectionId & { refreshMode: 'Merge' | 'Truncate'; streams?: readonly StreamName[] },
    { job?: wire.JobRead | null },
  ]
  startClear: [ConnectionId, wire.JobInfoRead]
  startStreamClear: [ConnectionId & { streams: readonly StreamName[] }, wire.JobInfoRead]
  startReset: [ConnectionId, wire.JobInfoRead]

  getJob: [{ id: number }, wire.JobInfoRead]
  getJobLight: [{ id: number }, { job: wire.JobRead }]
  getJobWithoutLogs: [{ id: number }, wire.JobInfoRead]
  listJobs: [ListJobs, { jobs: readonly wire.JobInfoRead[]; totalJobCount?: number | null }]
  cancelJob: [{ id: number }, wire.JobInfoRead]
}

export interface InstanceConfiguration {
  version?: string | null
  defaultWorkspaceId?: string | null
  defaultUserId?: string | null
}
interface WorkspaceId {
  workspaceId: string
}
interface ConnectionId {
  connectionId: string
}
export interface StreamName {
  streamName: string
  streamNamespace?: string
}
interface ActorCreate extends WorkspaceId {
  name: string
  connectionConfiguration: wire.Json
}
/** The whole of both: what is left out of the configuration is gone, except secrets that are sent as their mask. */
interface ActorUpdate {
  name: string
  connectionConfiguration: wire.Json
}
interface ListActors extends WorkspaceId {
  cursor?: string
  pageSize?: number
}
export interface ListJobs {
  configTypes: readonly string[]
  configId: string
  statuses?: readonly string[]
  pagination?: { pageSize: number; rowOffset: number }
}
interface ActorRead {
  workspaceId: string
  name: string
  connectionConfiguration?: wire.Json | null
  createdAt?: number | null
}
export interface SourceRead extends ActorRead {
  sourceId: string
  sourceDefinitionId: string
  sourceName?: string | null
}
export interface DestinationRead extends ActorRead {
  destinationId: string
  destinationDefinitionId: string
  destinationName?: string | null
}
interface DefinitionRead {
  name: string
  dockerRepository: string
  dockerImageTag?: string | null
  documentationUrl?: string | null
}
export interface SourceDefinitionRead extends DefinitionRead {
  sourceDefinitionId: string
}
export interface DestinationDefinitionRead extends DefinitionRead {
  destinationDefinitionId: string
}

/** One function an operation. Each throws IngestionError only. */
export type AirbyteClient = {
  readonly [Name in OperationName]: (body: Shapes[Name][0], signal: AbortSignal) => Promise<Shapes[Name][1]>
}

/** The member without which an answer is of no use; a proxy's JSON or another service's is told apart by it. */
const expected: Partial<Readonly<Record<OperationName, string>>> = {
  listSourceDefinitions: 'sourceDefinitions',
  listDestinationDefinitions: 'destinationDefinitions',
  listSourceDefinitionsForWorkspace: 'sourceDefinitions',
  listDestinationDefinitionsForWorkspace: 'destinationDefinitions',
  getWorkspace: 'workspaceId',
  createSource: 'sourceId',
  getSource: 'sourceId',
  listSources: 'sources',
  updateSource: 'sourceId',
  createDestination: 'destinationId',
  getDestination: 'destinationId',
  listDestinations: 'destinations',
  updateDestination: 'destinationId',
  createConnection: 'connectionId',
  getConnection: 'connectionId',
  listConnections: 'connections',
  updateConnection: 'connectionId',
  startSync: 'job',
  startClear: 'job',
  startStreamClear: 'job',
  startReset: 'job',
  getJob: 'job',
  getJobLight: 'job',
  getJobWithoutLogs: 'job',
  listJobs: 'jobs',
  cancelJob: 'job',
}

/** Turns the operations table into functions over one transport. */
export const airbyteClient = (send: Send): AirbyteClient =>
  Object.fromEntries(
    (Object.keys(operations) as OperationName[]).map((name) => [
      name,
      async (body: unknown, signal: AbortSignal) => {
        const answer = await send(operations[name], body, signal)
        const member = expected[name]
        const isObject = typeof answer === 'object' && answer !== null
        if (member !== undefined && !(isObject && member in answer)) throw unexpected(operations[name].path, member)
        return isObject ? answer : {}
      },
    ]),
  ) as unknown as AirbyteClient

const unexpected = (path: string, member: string) =>
  new IngestionError(
    'airbyte_failed',
    `The answer to ${path} has no "${member}". Check that the base URL is Airbyte's Config API (it usually ends in /api/v1).`,
    { cause: { upstream: true, path, address: '', kind: 'not_json' } },
  )
