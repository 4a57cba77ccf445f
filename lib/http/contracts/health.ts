import * as z from 'zod'
import type { Contract } from '../contract.ts'

export const health = {
  summary: 'Whether Airbyte can be reached and used',
  status: 200,
  answer: z.strictObject({
    status: z.literal('ok'),
    airbyte: z.strictObject({
      address: z.string(),
      auth: z.string(),
      version: z.string().optional(),
      workspaceId: z.string(),
    }),
    checks: z
      .array(
        z.strictObject({
          name: z.enum(['reachable', 'credentials', 'workspace']),
          status: z.enum(['ok', 'failed', 'not_checked']),
          message: z.string().optional(),
        }),
      )
      .describe('Also in the problem document, when one has failed'),
  }),
} satisfies Contract
