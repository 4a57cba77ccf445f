import * as z from 'zod'
import type { Contract } from '../contract.ts'

const id = z.string().min(1).max(64)
const instant = z.iso.datetime({ offset: true, local: true, message: 'must be an ISO 8601 date and time' })

const streamChoice = z.strictObject({
  name: z.string().min(1).max(1024),
  namespace: z.string().max(1024).optional(),
  syncMode: z.enum(['full_refresh', 'incremental']).optional(),
  destinationSyncMode: z.enum(['append', 'overwrite', 'append_dedup', 'overwrite_dedup']).optional(),
  cursorField: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)], { error: 'must be a field name or a path of names' })
    .optional(),
  primaryKey: z
    .array(z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]), {
      error: 'must be a list of field names or paths of names',
    })
    .optional(),
  selected: z.boolean().optional(),
  fields: z.array(z.string().min(1)).min(1).optional(),
})

const schedule = z.union(
  [
    z.literal('manual'),
    z.strictObject({
      units: z.int().min(1).max(10_000),
      timeUnit: z.enum(['minutes', 'hours', 'days', 'weeks', 'months']),
    }),
    z.strictObject({ cron: z.string().min(1).max(200), timezone: z.string().min(1).max(64).optional() }),
  ],
  {
    error: 'must be "manual", {"units":1 or more,"timeUnit":"minutes|hours|days|weeks|months"} or {"cron","timezone"?}',
  },
)

const namespace = z.union([z.enum(['source', 'destination']), z.strictObject({ format: z.string().min(1).max(256) })], {
  error: 'must be "source", "destination" or {"format"}',
})

export const createIngestion = {
  summary: 'Link a data source and a sink',
  body: z
    .strictObject({
      sourceId: id,
      sinkId: id.optional(),
      destinationId: id.optional(),
      name: z.string().trim().min(1).max(256).optional(),
      streams: z.array(streamChoice).min(1, 'must name a stream; leave it out to select all').max(10_000).optional(),
      schedule: schedule.optional(),
      namespace: namespace.optional(),
      prefix: z.string().max(256).optional(),
      status: z.enum(['active', 'inactive']).optional(),
      created: instant.optional(),
      updated: instant.optional(),
    })
    .superRefine(({ sinkId, destinationId }, context) => {
      const report = (message: string) => context.addIssue({ code: 'custom', path: ['sinkId'], message })
      if (sinkId === undefined && destinationId === undefined) report('is required (destinationId means the same)')
      if (sinkId !== undefined && destinationId !== undefined && sinkId !== destinationId)
        report('and destinationId name the same thing, but differ')
    }),
  status: 201,
  answer: z.strictObject({
    id: z.string(),
    connectionId: z.string(),
    sourceId: z.string(),
    sinkId: z.string(),
    destinationId: z.string(),
    name: z.string(),
    streams: z.array(
      z.strictObject({
        name: z.string(),
        namespace: z.string().optional(),
        syncMode: z.string(),
        destinationSyncMode: z.string(),
        cursorField: z.array(z.string()).optional(),
        primaryKey: z.array(z.array(z.string())).optional(),
        fields: z.array(z.string()).optional(),
        why: z.string().optional().describe('Why this mode was chosen, when it was not told'),
      }),
    ),
    schedule: z.unknown(),
    status: z.string(),
    created: z.string(),
    updated: z.string(),
  }),
} satisfies Contract

/** The body in Airbyte's words, and under which name the destination was given. */
export const asConnectionRequest = ({
  sinkId,
  destinationId,
  ...rest
}: z.output<(typeof createIngestion)['body']>) => ({
  ...rest,
  destinationId: sinkId ?? destinationId ?? '',
  destinationPointer: sinkId === undefined ? '/destinationId' : '/sinkId',
})
