import * as z from 'zod'
import type { Contract } from '../contract.ts'
import { idPath, pending } from './list.ts'
import { started } from './sync.ts'

export const getOperation = {
  summary: 'What became of a request that was answered 202',
  path: idPath,
  status: 200,
  answer: z.unknown().describe('What the request would have been answered'),
  also: { 201: z.unknown(), 202: z.union([pending, started]) },
} satisfies Contract
