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
  }),
} satisfies Contract
