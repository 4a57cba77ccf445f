import * as z from 'zod'
import { actorAnswer, actorContracts } from './actor.ts'

export const {
  create: createSink,
  list: listSinks,
  get: getSink,
  update: updateSink,
  remove: deleteSink,
  check: checkSink,
} = actorContracts('sink', z.strictObject({ ...actorAnswer, sinkId: z.string(), destinationId: z.string() }))

/** This API's words for a destination. */
export const asSink = <Actor extends { id: string }>(actor: Actor) => ({
  ...actor,
  sinkId: actor.id,
  destinationId: actor.id,
})
