import * as z from 'zod'
import { IngestionError } from '../../errors.ts'
import { type Job, jobStatuses, jobTypes } from '../job.ts'
import type { Services } from '../services.ts'
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
    const { jobs, total } = store.jobs.list({
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
      limit: input.pagination?.pageSize ?? defaultPageSize,
      offset: input.pagination?.rowOffset ?? 0,
    })
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

const requireJob = (jobId: number, { store }: Services): Job => {
  const job = store.jobs.find(jobId)
  if (!job) throw new IngestionError('job_not_found', `Could not find job with id: ${jobId}`)
  return job
}
