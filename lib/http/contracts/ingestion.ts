import * as z from 'zod'
import type { Contract } from '../contract.ts'
import { dryRunAnswer } from './actor.ts'
import { flag, idPath, ifExists, nameFilter, pageOfItems, pageQuery, pending, workspaceFilter } from './list.ts'

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
  asText: z
    .array(z.string().min(1))
    .optional()
    .describe(
      "Columns to carry as the source's own text: exact where a typed column would leave a value out. Embedded engine only",
    ),
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

const name = z.string().trim().min(1).max(256)
const streams = z.array(streamChoice).min(1, 'must name a stream; leave it out to select all').max(10_000)
const status = z.enum(['active', 'inactive'])
const prefix = z.string().max(256)

const lastSync = z.strictObject({
  jobId: z.int(),
  status: z.string(),
  outcome: z.string().optional().describe('Absent until the job has ended'),
  recordsSynced: z.number(),
  bytesSynced: z.number(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
})

const members = {
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
      asText: z.array(z.string()).optional(),
      why: z.string().optional().describe('Why this mode was chosen, when it was not told'),
    }),
  ),
  schedule: z.union([
    z.string(),
    z.strictObject({ units: z.number(), timeUnit: z.string() }),
    z.strictObject({
      cron: z.string().describe('Quartz, as Airbyte has it'),
      unix: z.string().optional().describe('The same in five fields, where it can be said so'),
      timezone: z.string(),
      nextRuns: z.array(z.string()).optional(),
    }),
  ]),
  status: z.string(),
  namespace,
  prefix: z.string().optional(),
  created: z.string().optional().describe('Absent where Airbyte does not tell it'),
}

const read = z.strictObject({ ...members, lastSync: lastSync.optional() })

export const createIngestion = {
  summary: 'Link a data source and a sink',
  query: z.strictObject({
    dryRun: flag.describe('Answer what would be sent, and send nothing'),
    ifExists: ifExists.describe(
      'What to do when there is one of that name between the two; not looked at when missing',
    ),
  }),
  body: z
    .strictObject({
      sourceId: id,
      sinkId: id.optional(),
      destinationId: id.optional(),
      name: name.optional(),
      streams: streams.optional(),
      schedule: schedule.optional(),
      namespace: namespace.optional(),
      prefix: prefix.optional(),
      status: status.optional(),
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
    ...members,
    created: z.string(),
    updated: z.string(),
    existing: z.literal(true).optional().describe('It was there before, and was left as it is'),
  }),
  also: { 200: z.union([dryRunAnswer, read.extend({ updated: z.string(), existing: z.literal(true) })]), 202: pending },
} satisfies Contract

/** The request in Airbyte's words, and under which name the destination was given. */
export const asConnectionRequest = (
  { sinkId, destinationId, ...rest }: z.output<(typeof createIngestion)['body']>,
  ifExists: z.output<(typeof createIngestion)['query']>['ifExists'],
) => ({
  ...rest,
  ...(ifExists === undefined ? {} : { ifExists }),
  destinationId: sinkId ?? destinationId ?? '',
  destinationPointer: sinkId === undefined ? '/destinationId' : '/sinkId',
})

export const listIngestions = {
  summary: 'Ingestions by name, each with its last sync',
  query: z.strictObject({
    ...pageQuery,
    name: nameFilter,
    status: status.optional(),
    sourceId: id.optional(),
    sinkId: id.optional(),
    workspaceId: workspaceFilter,
  }),
  status: 200,
  answer: pageOfItems(read),
} satisfies Contract

export const getIngestion = { summary: 'One ingestion', path: idPath, status: 200, answer: read } satisfies Contract

export const updateIngestion = {
  summary: 'Change an ingestion',
  path: idPath,
  query: z.strictObject({ dryRun: flag.describe('Answer what would be sent, and send nothing') }),
  body: z
    .strictObject({
      name: name.optional(),
      streams: streams
        .optional()
        .describe('Replaces the selection; what is not told of a stream that is selected already stays as it is'),
      schedule: schedule.optional(),
      namespace: namespace.optional(),
      prefix: prefix.optional(),
      status: status.optional().describe('inactive pauses'),
    })
    .refine((body) => Object.values(body).some((one) => one !== undefined), 'must have a member to change'),
  status: 200,
  answer: read,
  also: { 200: z.union([dryRunAnswer, read]), 202: pending },
} satisfies Contract

export const deleteIngestion = {
  summary: 'Delete an ingestion; what it has written stays',
  path: idPath,
  status: 204,
  answer: z.void(),
} satisfies Contract

const streamName = { name: z.string(), namespace: z.string().optional() }

export const refreshSchema = {
  summary: 'What has changed in the source since the streams were selected',
  path: idPath,
  query: z.strictObject({
    apply: flag.describe('Take the selected streams as they are now, without those that are gone'),
  }),
  body: z.strictObject({}),
  bodyOptional: true,
  status: 200,
  answer: z.strictObject({
    changes: z.array(
      z.strictObject({
        ...streamName,
        change: z.enum(['removed', 'changed']),
        fields: z.array(z.strictObject({ field: z.string(), change: z.enum(['added', 'removed', 'type_changed']) })),
        breaking: z.string().optional().describe('Why the stream cannot go on with its present settings'),
      }),
    ),
    available: z.array(z.strictObject(streamName)).describe('Streams of the source that the ingestion leaves out'),
    applied: z.boolean(),
  }),
  also: { 202: pending },
} satisfies Contract
