import * as z from 'zod'

/** What `POST /datasource` and `POST /sink` take. */
export const actorBody = z.strictObject({
  name: z.string().trim().min(1, 'must not be empty').max(256),
  type: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(256)
    .describe('Connector type such as "postgres", a connector name, or a definition id'),
  config: z.record(z.string(), z.unknown()).describe("The connector's own configuration"),
  workspaceId: z.string().max(64).optional(),
})

export const adjustment = z.object({
  pointer: z.string(),
  from: z.unknown().optional(),
  to: z.unknown().optional(),
  why: z.string(),
})

/** Members that answers about datasources and sinks share. Secrets in `config` read `**********`. */
export const actorAnswer = {
  id: z.string(),
  name: z.string(),
  type: z.string(),
  config: z.record(z.string(), z.unknown()),
  definitionId: z.string(),
  workspaceId: z.string(),
  created: z.string(),
  adjusted: z.array(adjustment).optional().describe('What was changed in the configuration before it was sent'),
}
