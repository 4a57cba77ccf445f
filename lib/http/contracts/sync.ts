import * as z from 'zod'
import { outcomes } from '../../ingestion/sync/job-result.ts'
import type { SkippedSync, StartedSync } from '../../ingestion/sync/start-sync.ts'
import type { Contract } from '../contract.ts'
import { Reply } from '../reply.ts'
import { duration } from './duration.ts'
import { pending, upTo } from './list.ts'

export const started = z.strictObject({
  jobId: z.int(),
  connectionId: z.string(),
  attached: z.boolean().describe('True when a sync was running already and this is that one'),
  executionArn: z.string().optional().describe('The execution that waits for the job'),
})
const skipped = z
  .strictObject({ skipped: z.literal(true), jobId: z.int(), connectionId: z.string() })
  .describe('A job was running already, and ifRunning=skip was asked for')
const location = ({ jobId }: z.output<typeof started>) => `/sync/${jobId}`

const stream = z.strictObject({ name: z.string().min(1).max(1024), namespace: z.string().max(1024).optional() })

/** What a start may be told, over HTTP and by an event. */
export const syncOptions = {
  job: z
    .enum(['sync', 'refresh', 'clear'])
    .optional()
    .describe('refresh reads everything anew, clear empties the destination; both from Airbyte 1.0'),
  streams: z
    .array(stream)
    .min(1)
    .max(1000)
    .optional()
    .describe('Only these; makes the job a refresh unless it is a clear'),
  refreshMode: z
    .enum(['merge', 'truncate'])
    .optional()
    .describe('Whether a refresh keeps the old rows (merge, the default) or removes them at its end'),
  maxDuration: duration
    .optional()
    .describe('Seconds or an ISO 8601 duration, at most 7 days; 24 hours when left out. Then onTimeout'),
  onTimeout: z.enum(['cancel', 'detach']).optional().describe('cancel (the default) stops the sync, detach leaves it'),
  failOnEmpty: z.boolean().optional().describe('A success that moved nothing and tells nothing (SUSPECT) is a failure'),
}
export const ifRunning = z
  .enum(['attach', 'skip', 'fail'])
  .optional()
  .describe('What to do when a sync is running: wait for it (the default), nothing, or answer 409')

const query = z.strictObject({ ifRunning })

export const startIngestionSync = {
  summary: 'Start a sync of an ingestion',
  path: z.object({ id: z.string().max(64) }),
  query,
  body: z.strictObject(syncOptions),
  bodyOptional: true,
  status: 202,
  answer: started,
  also: { 200: skipped, 202: z.union([started, pending]) },
  location,
} satisfies Contract

export const startSync = {
  summary: 'Start a sync',
  query,
  body: z.strictObject({ connectionId: z.string().min(1).max(64), ...syncOptions }),
  status: 202,
  answer: started,
  also: { 200: skipped, 202: z.union([started, pending]) },
  location,
} satisfies Contract

/** The options in the words of the use case. */
export const asSyncOptions = <Options extends { maxDuration?: number | undefined }>({
  maxDuration,
  ...options
}: Options) => ({ ...options, maxSeconds: maxDuration })

export const asStarted = (sync: StartedSync | SkippedSync): StartedSync | Reply =>
  'skipped' in sync ? new Reply(200, sync) : sync

const failure = z.strictObject({
  origin: z.string().optional(),
  type: z.string().optional(),
  message: z.string(),
  retryable: z.boolean().describe('Whether another sync may succeed without anybody changing something'),
})

const result = {
  jobId: z.int(),
  connectionId: z.string(),
  status: z.string().describe("Airbyte's own word"),
  outcome: z.enum(outcomes).optional().describe('Absent until the job has ended'),
  recordsSynced: z.number().describe('Committed when known, else emitted'),
  bytesSynced: z.number(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  attempts: z.int(),
  streams: z.array(
    z.strictObject({
      name: z.string(),
      namespace: z.string().optional(),
      recordsSynced: z.number(),
      bytesSynced: z.number(),
      status: z.literal('failed').optional(),
      valuesLeftOut: z
        .array(z.strictObject({ field: z.string(), reason: z.string(), values: z.int(), example: z.string() }))
        .optional()
        .describe(
          'Embedded engine only: values that are NULL because their column could not hold them, and one of them',
        ),
    }),
  ),
  failure: failure.optional(),
}

const jobPath = z.object({ jobId: z.string().max(32) })

export const getSync = {
  summary: 'One sync',
  path: jobPath,
  status: 200,
  answer: z.strictObject({
    ...result,
    wait: z
      .strictObject({ status: z.string(), outcome: z.string().optional(), executionArn: z.string() })
      .optional()
      .describe('The execution that waits for this job'),
  }),
} satisfies Contract

export const listSyncs = {
  summary: 'The last syncs of an ingestion, newest first',
  path: z.object({ id: z.string().max(64) }),
  query: z.strictObject({
    limit: upTo(100).optional(),
    cursor: z
      .string()
      .regex(/^\d{1,9}$/, 'is not one that a list answered')
      .optional(),
  }),
  status: 200,
  answer: z.strictObject({
    items: z.array(z.strictObject(result)),
    cursor: z.string().optional().describe('Of the next page; absent on the last'),
  }),
} satisfies Contract

export const getSyncLogs = {
  summary: "The end of the log of a sync's last attempt",
  path: jobPath,
  query: z.strictObject({
    tail: upTo(1000).optional().describe('Lines; 200 when left out'),
  }),
  status: 200,
  answer: z.strictObject({
    jobId: z.int(),
    attempt: z.int().optional().describe('Absent before the first attempt'),
    lines: z.array(z.string()),
    isCut: z.boolean().describe('Whether there are earlier lines'),
  }),
} satisfies Contract

export const cancelSync = {
  summary: 'Cancel a sync that is running',
  path: jobPath,
  status: 202,
  answer: z.strictObject({
    jobId: z.int(),
    connectionId: z.string(),
    status: z.string().describe('cancelled when it has stopped already'),
  }),
  location,
} satisfies Contract
