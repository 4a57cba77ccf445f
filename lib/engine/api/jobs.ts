import * as z from 'zod'
import { IngestionError } from '../../errors.ts'
import { type Job, jobStatuses, jobTypes } from '../job.ts'
import type { Services } from '../services.ts'
import type { JobQuery } from '../store/jobs.ts'
import { jobInfo, jobListItem, jobRead } from './job-read.ts'
import { type Operation, post } from './operation.ts'
import { id, oneOf, optional } from './wire.ts'

const defaultPageSize = 200

const configTypes = [
  'check_connection_source',
  'check_connection_destination',
  'discover_schema',
  'get_spec',
  ...jobTypes,
] as const

const byId = z.object({ id: z.int().nonnegative() })
const instant = optional(z.coerce.date())

const list = z.object({
  configTypes: z.array(oneOf(configTypes)).nonempty(),
  configId: optional(z.string()),
  includingJobId: optional(z.int().nonnegative()),
  pagination: optional(
    z.object({ pageSize: optional(z.int().nonnegative()), rowOffset: optional(z.int().nonnegative()) }),
  ),
  statuses: optional(z.array(oneOf(jobStatuses))),
  createdAtStart: instant,
  createdAtEnd: instant,
  updatedAtStart: instant,
  updatedAtEnd: instant,
  orderByField: optional(z.enum(['createdAt', 'updatedAt'])),
  orderByMethod: optional(oneOf(['asc', 'desc'] as const)),
})

export const jobOperations: Readonly<Record<string, Operation>> = {
  '/jobs/get': post(byId, (input, services) =>
    jobInfo(requireJob(input.id, services), services.store, { withLogs: true }),
  ),
  '/jobs/get_without_logs': post(byId, (input, services) => jobInfo(requireJob(input.id, services), services.store)),
  '/jobs/get_light': post(byId, (input, services) => ({
    job: jobRead(requireJob(input.id, services), services.store.attempts.listOfJob(input.id)),
  })),

  '/jobs/list': post(list, (input, { store }) => {
    const { pageSize = defaultPageSize, rowOffset = 0 } = input.pagination ?? {}
    const filter = {
      connectionId: input.configId,
      // Checks and discoveries are answered at once, and leave no job.
      configTypes: input.configTypes,
      statuses: input.statuses?.length ? input.statuses : undefined,
      createdAfter: input.createdAtStart,
      createdBefore: input.createdAtEnd,
      updatedAfter: input.updatedAtStart,
      updatedBefore: input.updatedAtEnd,
      orderBy: input.orderByField ?? 'createdAt',
      ascending: input.orderByMethod === 'asc',
    }
    const page =
      input.includingJobId === undefined
        ? { limit: pageSize, offset: rowOffset }
        : { limit: rowsUpTo(input.includingJobId, pageSize, filter, store), offset: 0 }
    const { jobs, total } = store.jobs.list({ ...filter, ...page })
    return { jobs: jobs.map((job) => jobListItem(job, store)), totalJobCount: total }
  }),

  // Airbyte cancels whatever runs on the job's connection; a job that has ended stays as it is.
  '/jobs/cancel': post(byId, async (input, services) => {
    const { connectionId } = requireJob(input.id, services)
    await services.runner.cancel(connectionId)
    return jobInfo(requireJob(input.id, services), services.store)
  }),

  '/jobs/get_last_replication_job': post(z.object({ connectionId: id }), ({ connectionId }, { store }) => {
    const job = store.jobs.findLast(connectionId)
    return job ? { job: jobRead(job, store.attempts.listOfJob(job.id)) } : {}
  }),
}

type JobFilter = Omit<JobQuery, 'limit' | 'offset'>

/** The rows of as many whole pages as the job needs to be among them; none when it is not the connection's. */
const rowsUpTo = (jobId: number, pageSize: number, filter: JobFilter, { jobs }: Services['store']): number => {
  const job = jobs.find(jobId)
  if (!job || job.connectionId !== filter.connectionId || !filter.configTypes?.includes(job.configType)) return 0
  const { total } = jobs.list({ ...filter, createdAfter: job.createdAt, limit: 0, offset: 0 })
  return Math.ceil(total / Math.max(pageSize, 1)) * pageSize
}

const requireJob = (jobId: number, { store }: Services): Job => {
  const job = store.jobs.find(jobId)
  if (!job) throw new IngestionError('job_not_found', `Could not find job with id: ${jobId}`)
  return job
}
