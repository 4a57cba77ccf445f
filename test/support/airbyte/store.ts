import { actorOperations } from './actors.ts'
import { connectionOf, connectionOperations } from './connections.ts'
import { type Body, inWorkspace, memory, type Operation, Refusal, workspaceId } from './memory.ts'
import type { Profile } from './profile.ts'

export { Refusal, workspaceId } from './memory.ts'

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
  log?: readonly string[]
}

/** What an Airbyte remembers, and its operations by path. Only what a generation has is there. */
export const store = (profile: Profile) => {
  const jobs: StoredJob[] = []
  const state = Object.assign(memory(), { jobs })
  const operations: Record<string, Operation> = {
    ...actorOperations(profile, state, 'source'),
    ...actorOperations(profile, state, 'destination'),
    ...connectionOperations(profile, state),
    '/workspaces/get': {
      required: ['workspaceId'],
      run: (body) => {
        inWorkspace(body)
        return { workspaceId, name: 'default' }
      },
    },
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
    '/connections/sync': {
      required: ['connectionId'],
      run: async (body) => {
        await state.started
        return startJob(body, 'sync')
      },
    },
    '/connections/reset': { required: ['connectionId'], run: (body) => startJob(body, 'reset_connection') },
    ...(profile.refreshes
      ? {
          '/connections/clear': { required: ['connectionId'], run: (body: Body) => startJob(body, 'clear') },
          '/connections/clear/stream': {
            required: ['connectionId', 'streams'],
            run: (body: Body) => startJob(body, 'clear'),
          },
          '/connections/refresh': {
            required: ['connectionId', 'refreshMode'],
            optional: ['streams'],
            run: (body: Body) => ({ job: startJob(body, 'refresh').job }),
          },
        }
      : {}),
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
        const { pageSize = 200, rowOffset = 0 } = (body.pagination ?? {}) as { pageSize?: number; rowOffset?: number }
        const page = found.slice(rowOffset, rowOffset + pageSize)
        return { jobs: page.map((job) => jobInfo(job, false, true)), totalJobCount: found.length }
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

  const startJob = (body: Body, configType: string) => {
    const connection = connectionOf(state, body)
    if (connection.status !== 'active') throw new Refusal(500, 'java.lang.IllegalStateException: Check failed.')
    if (
      jobs.some(
        (one) => one.configId === body.connectionId && ['pending', 'running', 'incomplete'].includes(one.status),
      )
    )
      throw new Refusal(409, `A sync is already running for: ${body.connectionId}`, true)
    return { job: jobRead(addJob(String(body.connectionId), { configType })), attempts: [] }
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
      attempts: [isWrapped ? { attempt, logs: { logLines: job.log ?? [] } } : attempt],
    }
  }

  return { state, operations, addJob }
}
