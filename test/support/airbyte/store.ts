import { randomUUID } from 'node:crypto'
import { catalog, connectors } from './connectors.ts'
import type { Profile } from './profile.ts'

type Body = Record<string, unknown>

/** An answer other than 200 with a body. */
export class Refusal {
  readonly status: number
  readonly message: string
  readonly isKnown: boolean
  /** `isKnown`: a conflict or a fault that every generation explains. */
  constructor(status: number, message: string, isKnown = false) {
    this.status = status
    this.message = message
    this.isKnown = isKnown
  }
}

export interface StoredJob {
  id: number
  configId: string
  configType: string
  status: string
  createdAt: number
  updatedAt: number
  records: number
  streams: boolean
  failures: readonly Body[]
  partialSuccess: boolean
}

interface Operation {
  required?: readonly string[]
  optional?: readonly string[]
  run(body: Body): unknown
}

export const workspaceId = '5ae6b09b-fdec-41af-aaf7-7d94cfc33ef6'
const mask = '**********'

/** What an Airbyte remembers, and its operations by path. Only what a generation has is there. */
export const store = (profile: Profile) => {
  const actors = new Map<string, Body & { kind: string }>()
  const connections = new Map<string, Body>()
  const jobs: StoredJob[] = []
  const state = {
    jobs,
    connections,
    actors,
    /** Undefined: discover fails as Airbyte's does, with 200 and a reason. */
    catalog: catalog as unknown,
    discoverFailure: { failureType: 'config_error', externalMessage: 'permission denied for schema public' } as Body,
    nowSeconds: () => Math.floor(Date.now() / 1000),
  }
  const inWorkspace = (body: Body) => {
    if (body.workspaceId !== workspaceId)
      throw new Refusal(404, `Could not find configuration for STANDARD_WORKSPACE: ${body.workspaceId}.`)
  }
  const definition = (kind: string, id: unknown) => {
    const found = connectors.find((one) => one.kind === kind && one.definitionId === id)
    if (!found) throw new Refusal(404, `Could not find configuration for STANDARD_DEFINITION: ${id}.`)
    return found
  }

  const actorOperations = (kind: 'source' | 'destination'): Record<string, Operation> => {
    const idName = `${kind}Id`
    const definitionName = `${kind}DefinitionId`
    const definitions = () => ({
      [`${kind}Definitions`]: connectors
        .filter((one) => one.kind === kind)
        .map(({ definitionId, name, dockerRepository }) => ({
          [definitionName]: definitionId,
          name,
          dockerRepository,
          dockerImageTag: '1.2.3',
          documentationUrl: 'https://docs.example/',
        })),
    })
    const shown = ({ kind: _, ...actor }: Body & { kind: string }) => ({
      ...actor,
      connectionConfiguration: masked(
        definition(kind, actor[definitionName]).specification,
        actor.connectionConfiguration,
      ),
    })
    return {
      [`/${kind}_definitions/list`]: { run: definitions },
      [`/${kind}_definitions/list_for_workspace`]: {
        required: ['workspaceId'],
        run: (body) => {
          inWorkspace(body)
          return definitions()
        },
      },
      [`/${kind}_definition_specifications/get`]: {
        required: [definitionName, 'workspaceId'],
        run: (body) => {
          const found = definition(kind, body[definitionName])
          return {
            [definitionName]: found.definitionId,
            connectionSpecification: found.specification,
            ...('modes' in found ? { supportedDestinationSyncModes: found.modes } : {}),
            jobInfo: { succeeded: true },
          }
        },
      },
      [`/${kind}s/create`]: {
        required: ['workspaceId', 'name', definitionName, 'connectionConfiguration'],
        run: (body) => {
          inWorkspace(body)
          const { name } = definition(kind, body[definitionName])
          const actor = {
            ...body,
            kind,
            [idName]: randomUUID(),
            [`${kind}Name`]: name,
            ...(profile.createdAt ? { createdAt: state.nowSeconds() } : {}),
          }
          actors.set(String((actor as Body)[idName]), actor)
          return shown(actor)
        },
      },
      [`/${kind}s/get`]: {
        required: [idName],
        run: (body) => {
          const found = actors.get(String(body[idName]))
          if (found?.kind !== kind)
            throw new Refusal(
              404,
              `Could not find configuration for ${kind.toUpperCase()}_CONNECTION: ${body[idName]}.`,
            )
          return shown(found)
        },
      },
      [`/${kind}s/list`]: {
        required: ['workspaceId'],
        optional: ['cursor', 'pageSize'],
        run: (body) => {
          const all = [...actors.values()].filter((one) => one.kind === kind)
          const from = all.findIndex((one) => one[idName] === body.cursor) + 1
          const page = profile.pagedActors ? all.slice(from, from + Number(body.pageSize ?? 20)) : all
          return { [`${kind}s`]: page.map(shown), num_connections: all.length }
        },
      },
    }
  }

  const operations: Record<string, Operation> = {
    ...actorOperations('source'),
    ...actorOperations('destination'),
    ...(profile.workspacesList
      ? { '/workspaces/list': { run: () => ({ workspaces: [{ workspaceId, name: 'default' }] }) } }
      : {}),
    ...(profile.listWorkspacesByUser
      ? {
          '/workspaces/list_by_user_id': {
            required: ['userId'],
            run: () => ({ workspaces: [{ workspaceId, name: 'default' }] }),
          },
        }
      : {}),
    ...(profile.instanceConfiguration
      ? { '/instance_configuration': { run: () => ({ version: profile.version, defaultWorkspaceId: workspaceId }) } }
      : {}),
    '/health': { run: () => ({ available: true }) },
    '/sources/discover_schema': {
      required: ['sourceId'],
      optional: ['disable_cache'],
      run: (body) => {
        if (!actors.has(String(body.sourceId)))
          throw new Refusal(404, 'Could not find configuration for SOURCE_CONNECTION.')
        return state.catalog === undefined
          ? { jobInfo: { succeeded: false, failureReason: state.discoverFailure } }
          : { catalog: state.catalog, catalogId: 'c0ffee00-0000-4000-8000-000000000000', jobInfo: { succeeded: true } }
      },
    },
    '/connections/create': {
      required: ['sourceId', 'destinationId', 'status'],
      optional: [
        'name',
        'syncCatalog',
        'sourceCatalogId',
        'scheduleType',
        'scheduleData',
        'namespaceDefinition',
        'namespaceFormat',
        'prefix',
      ],
      run: (body) => {
        const streams = (body.syncCatalog as { streams: { stream: Body; config: Body }[] }).streams
        for (const { stream, config } of streams)
          if (!stream.jsonSchema || !stream.supportedSyncModes || typeof config.selected !== 'boolean')
            throw new Refusal(500, 'java.lang.NullPointerException: Cannot invoke "java.util.List.stream()"')
        const connection = {
          ...body,
          connectionId: randomUUID(),
          ...(profile.createdAt ? { created_at: state.nowSeconds() } : {}),
        }
        connections.set(connection.connectionId, connection)
        return connection
      },
    },
    '/connections/get': { required: ['connectionId'], run: (body) => connectionOf(body) },
    '/connections/list': { required: ['workspaceId'], run: () => ({ connections: [...connections.values()] }) },
    '/connections/sync': {
      required: ['connectionId'],
      run: (body) => {
        const connection = connectionOf(body)
        if (connection.status !== 'active') throw new Refusal(500, 'java.lang.IllegalStateException: Check failed.')
        if (
          jobs.some(
            (one) => one.configId === body.connectionId && ['pending', 'running', 'incomplete'].includes(one.status),
          )
        )
          throw new Refusal(409, `A sync is already running for: ${body.connectionId}`, true)
        const job = addJob(String(body.connectionId))
        return { job: jobRead(job), attempts: [] }
      },
    },
    '/jobs/get': { required: ['id'], run: (body) => jobInfo(jobById(body), true, false) },
    '/jobs/get_light': { required: ['id'], run: (body) => ({ job: jobRead(jobById(body)) }) },
    ...(profile.loglessJobs
      ? { '/jobs/get_without_logs': { required: ['id'], run: (body: Body) => jobInfo(jobById(body), true, true) } }
      : {}),
    '/jobs/list': {
      required: ['configTypes', 'configId'],
      optional: ['statuses', 'pagination'],
      run: (body) => {
        const types = body.configTypes as string[]
        if (!profile.refreshes && types.some((one) => ['refresh', 'clear'].includes(one)))
          throw new Refusal(422, 'Invalid json input.')
        const statuses = body.statuses as string[] | undefined
        const found = jobs
          .filter((one) => one.configId === body.configId && types.includes(one.configType))
          .filter((one) => statuses?.includes(one.status) ?? true)
          .reverse()
        return { jobs: found.map((job) => jobInfo(job, false, true)), totalJobCount: found.length }
      },
    },
    '/jobs/cancel': {
      required: ['id'],
      run: (body) => {
        const { configId } = jobById(body)
        for (const one of jobs) if (one.configId === configId && one.status === 'running') one.status = 'cancelled'
        return jobInfo(jobById(body), true, false)
      },
    },
  }

  const connectionOf = (body: Body): Body => {
    const found = connections.get(String(body.connectionId))
    if (!found) throw new Refusal(404, `Could not find configuration for STANDARD_SYNC: ${body.connectionId}.`)
    return found
  }
  const jobById = (body: Body): StoredJob => {
    const found = jobs.find((one) => one.id === body.id)
    if (!found) throw new Refusal(500, `java.lang.RuntimeException: Could not find job with id: ${body.id}`)
    return found
  }
  const addJob = (configId: string, more: Partial<StoredJob> = {}): StoredJob => {
    const at = state.nowSeconds()
    const job = {
      id: jobs.length + 1,
      configId,
      configType: 'sync',
      status: 'running',
      createdAt: at,
      updatedAt: at,
      records: 0,
      streams: false,
      failures: [],
      partialSuccess: false,
      ...more,
    }
    jobs.push(job)
    return job
  }
  const jobRead = ({ id, configId, configType, status, createdAt, updatedAt }: StoredJob) => ({
    id,
    configId,
    configType,
    status,
    createdAt,
    updatedAt,
  })
  const jobInfo = (job: StoredJob, isWrapped: boolean, isHydrated: boolean) => {
    const stats = {
      recordsEmitted: job.records,
      bytesEmitted: job.records * 10,
      recordsCommitted: job.records,
      bytesCommitted: job.records * 10,
    }
    const attempt = {
      id: 0,
      status: job.status,
      createdAt: job.createdAt,
      updatedAt: job.updatedAt,
      recordsSynced: job.records,
      bytesSynced: job.records * 10,
      totalStats: stats,
      streamStats: job.streams ? [{ streamName: 'orders', streamNamespace: 'public', stats }] : [],
      ...(job.failures.length > 0
        ? { failureSummary: { failures: job.failures, partialSuccess: job.partialSuccess } }
        : {}),
    }
    return {
      job: { ...jobRead(job), ...(isHydrated && profile.loglessJobs ? { aggregatedStats: stats } : {}) },
      attempts: [isWrapped ? { attempt, logs: { logLines: [] } } : attempt],
    }
  }

  return { state, operations, addJob }
}

const masked = (specification: unknown, configuration: unknown): unknown => {
  const { properties = {} } = specification as { properties?: Record<string, { airbyte_secret?: boolean }> }
  return Object.fromEntries(
    Object.entries(configuration as Body).map(([name, value]) => [
      name,
      properties[name]?.airbyte_secret ? mask : value,
    ]),
  )
}
