import * as z from 'zod'
import type { Contract } from '../contract.ts'
import { actorAnswer, actorBody } from './actor.ts'

export const createSink = {
  summary: 'Register a sink',
  body: actorBody,
  status: 201,
  answer: z.strictObject({ ...actorAnswer, sinkId: z.string(), destinationId: z.string() }),
} satisfies Contract

/** This API's words for a destination. */
export const asSink = <Actor extends { id: string }>(actor: Actor) => ({
  ...actor,
  sinkId: actor.id,
  destinationId: actor.id,
})
