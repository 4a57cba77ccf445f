import * as z from 'zod'
import type { Contract } from '../contract.ts'
import { actorAnswer, actorBody } from './actor.ts'

export const createDatasource = {
  summary: 'Register a data source',
  body: actorBody,
  status: 201,
  answer: z.strictObject({ ...actorAnswer, sourceId: z.string() }),
} satisfies Contract

/** This API's words for a source. */
export const asDatasource = <Actor extends { id: string }>(actor: Actor) => ({ ...actor, sourceId: actor.id })
