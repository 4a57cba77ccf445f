import * as z from 'zod'
import type { Contract } from '../contract.ts'
import { flag, idPath, ifExists, nameFilter, pageOfItems, pageQuery, pending, workspaceFilter } from './list.ts'

const name = z.string().trim().min(1, 'must not be empty').max(256)
const config = z.record(z.string(), z.unknown())

/** What `POST /datasource` and `POST /sink` take. */
export const actorBody = z.strictObject({
  name,
  type: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(256)
    .describe('Connector type such as "postgres", a connector name, or a definition id'),
  config: config.describe(
    'The connector\'s own configuration. A secret may be {"$ssm":"/path"} instead, the name of an SSM parameter under the prefix of this service',
  ),
  workspaceId: z.string().max(64).optional(),
})

export const actorPatch = z
  .strictObject({
    name: name.optional(),
    config: config
      .optional()
      .describe('A JSON Merge Patch (RFC 7396); a secret that is left out or sent as its mask stays'),
  })
  .refine((body) => body.name !== undefined || body.config !== undefined, 'must have name or config')

export const createActorQuery = z.strictObject({
  dryRun: flag.describe('Answer what would be sent, and send nothing'),
  ifExists: ifExists.describe('What to do when there is one of that connector and name; not looked at when missing'),
  check: flag.describe('Try the connection, and put the result beside the answer'),
})

export const updateActorQuery = z.strictObject({ dryRun: flag })
export const deleteActorQuery = z.strictObject({ force: flag.describe('Delete the ingestions that use it, too') })

export const listActorsQuery = z.strictObject({
  ...pageQuery,
  name: nameFilter,
  type: z.string().min(1).max(256).optional(),
  workspaceId: workspaceFilter,
})

export const adjustment = z.object({
  pointer: z.string(),
  from: z.unknown().optional(),
  to: z.unknown().optional(),
  why: z.string(),
})
const adjusted = z.array(adjustment).optional().describe('What was changed in the configuration before it was sent')

export const checkAnswer = z.strictObject({ status: z.enum(['succeeded', 'failed']), message: z.string().optional() })

/** Members that answers about datasources and sinks share. Secrets in `config` read `**********`. */
export const actorAnswer = {
  id: z.string(),
  name: z.string(),
  type: z.string(),
  config,
  definitionId: z.string(),
  workspaceId: z.string(),
  created: z.string().optional().describe('Absent where Airbyte does not tell it'),
  adjusted,
  existing: z.literal(true).optional().describe('It was there before, and was left as it is'),
  check: z.union([checkAnswer, pending]).optional(),
}

export const dryRunAnswer = z.strictObject({
  dryRun: z.literal(true),
  operation: z.string().describe("Path under Airbyte's API root"),
  request: z.record(z.string(), z.unknown()).describe('What would be sent, secrets masked'),
  adjusted,
})

/** What data sources and sinks promise alike. `answer` has the noun's own ids. */
export const actorContracts = <Answer extends z.ZodObject>(noun: 'data source' | 'sink', answer: Answer) => {
  const plural = `${noun.charAt(0).toUpperCase()}${noun.slice(1)}s`
  const made = { answer, also: { 200: z.union([dryRunAnswer, answer]) } }
  return {
    create: { summary: `Register a ${noun}`, query: createActorQuery, body: actorBody, status: 201, ...made },
    list: { summary: `${plural} by name`, query: listActorsQuery, status: 200, answer: pageOfItems(answer) },
    get: { summary: `One ${noun}`, path: idPath, status: 200, answer },
    update: {
      ...{ summary: `Change a ${noun}`, path: idPath, query: updateActorQuery, body: actorPatch, status: 200 },
      ...made,
    },
    remove: { summary: `Delete a ${noun}`, path: idPath, query: deleteActorQuery, status: 204, answer: z.void() },
    check: {
      ...{ summary: `Try the connection to a ${noun}`, path: idPath, body: z.strictObject({}), bodyOptional: true },
      ...{ status: 200, answer: checkAnswer, also: { 202: pending } },
    },
  } as const satisfies Record<string, Contract>
}
