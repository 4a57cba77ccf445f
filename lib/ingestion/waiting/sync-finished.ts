import * as z from 'zod'
import type { JobResult, Outcome } from '../sync/job-result.ts'
import { outcomes } from '../sync/job-result.ts'

const stream = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  recordsSynced: z.number().nonnegative(),
  bytesSynced: z.number().nonnegative(),
  status: z.literal('failed').optional().describe('Only on streams that are known to have failed'),
})

/**
 * Detail of the EventBridge event `Sync Finished` (source `airbyte.ingestion`). A contract with whoever listens: members
 * are added within a version, and change or go only with the next one.
 */
export const syncFinished = z.strictObject({
  version: z.literal(1),
  jobId: z.int(),
  connectionId: z.string(),
  status: z.string().describe("Airbyte's word for the job; unknown when it could not be read"),
  outcome: z.enum(outcomes),
  recordsSynced: z.number().nonnegative().describe('Committed when known, else emitted; summed over attempts'),
  bytesSynced: z.number().nonnegative(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  attempts: z.int().nonnegative(),
  streams: z.array(stream).max(100).describe('Failed ones first, then by records'),
  streamsOmitted: z.int().nonnegative().describe('How many streams are not listed'),
  failure: z
    .strictObject({
      origin: z.string().optional().describe('source, destination, replication, airbyte_platform, …'),
      type: z.string().optional().describe('config_error, transient_error, system_error, …'),
      message: z.string(),
      retryable: z.boolean().describe('Whether another sync may succeed without anybody changing something'),
    })
    .optional()
    .describe('Absent for SUCCEEDED and SUSPECT'),
})

export type SyncFinished = z.output<typeof syncFinished>

const mostStreams = 100
/** EventBridge takes 256 KiB an entry, Step Functions 256 KiB a state, which holds the event and the waiting. */
const mostBytes = 128 * 1024

export const syncFinishedOf = (result: JobResult & { outcome: Outcome }): SyncFinished => {
  const rank = (one: { status?: string }) => (one.status === 'failed' ? 0 : 1)
  const sorted = [...result.streams].sort((a, b) => rank(a) - rank(b) || b.recordsSynced - a.recordsSynced)
  let room = mostBytes
  // An example is a value of somebody's data: it stays in the answer to who asks for the job.
  const told = sorted.slice(0, mostStreams).map(({ valuesLeftOut: _, ...one }) => one)
  const streams = told.filter((one) => {
    room -= Buffer.byteLength(JSON.stringify(one)) + 1
    return room > 0
  })
  return { version: 1, ...result, streams, streamsOmitted: sorted.length - streams.length }
}
