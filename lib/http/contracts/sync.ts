import * as z from 'zod'
import type { Contract } from '../contract.ts'

const started = z.strictObject({
  jobId: z.int(),
  connectionId: z.string(),
  attached: z.boolean().describe('True when a sync was running already and this is that one'),
  executionArn: z.string().optional().describe('The execution that waits for the job'),
})
const location = ({ jobId }: z.output<typeof started>) => `/sync/${jobId}`

export const startIngestionSync = {
  summary: 'Start a sync of an ingestion',
  path: z.object({ id: z.string().max(64) }),
  body: z.strictObject({}),
  bodyOptional: true,
  status: 202,
  answer: started,
  location,
} satisfies Contract

export const startSync = {
  summary: 'Start a sync',
  body: z.strictObject({ connectionId: z.string().min(1).max(64) }),
  status: 202,
  answer: started,
  location,
} satisfies Contract

const failure = z.strictObject({
  origin: z.string().optional(),
  type: z.string().optional(),
  message: z.string(),
  retryable: z.boolean().describe('Whether another sync may succeed without anybody changing something'),
})

export const getSync = {
  summary: 'One sync',
  path: z.object({ jobId: z.string().max(32) }),
  status: 200,
  answer: z.strictObject({
    jobId: z.int(),
    connectionId: z.string(),
    status: z.string(),
    outcome: z.string().optional().describe('Absent until the job has ended'),
    recordsSynced: z.number(),
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
        status: z.string().optional(),
      }),
    ),
    failure: failure.optional(),
    wait: z
      .strictObject({ status: z.string(), outcome: z.string().optional(), executionArn: z.string() })
      .optional()
      .describe('The execution that waits for this job'),
  }),
} satisfies Contract
