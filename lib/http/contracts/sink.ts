import * as z from 'zod'
import type { Contract } from '../contract.ts'
import {
  actorAnswer,
  actorBody,
  actorPatch,
  checkAnswer,
  createActorQuery,
  deleteActorQuery,
  dryRunAnswer,
  listActorsQuery,
  updateActorQuery,
} from './actor.ts'
import { idPath, pageOfItems, pending } from './list.ts'

const answer = z.strictObject({ ...actorAnswer, sinkId: z.string(), destinationId: z.string() })

export const createSink = {
  summary: 'Register a sink',
  query: createActorQuery,
  body: actorBody,
  status: 201,
  answer,
  also: { 200: z.union([dryRunAnswer, answer]) },
} satisfies Contract

export const listSinks = {
  summary: 'Sinks by name',
  query: listActorsQuery,
  status: 200,
  answer: pageOfItems(answer),
} satisfies Contract

export const getSink = { summary: 'One sink', path: idPath, status: 200, answer } satisfies Contract

export const updateSink = {
  summary: 'Change a sink',
  path: idPath,
  query: updateActorQuery,
  body: actorPatch,
  status: 200,
  answer,
  also: { 200: z.union([dryRunAnswer, answer]) },
} satisfies Contract

export const deleteSink = {
  summary: 'Delete a sink',
  path: idPath,
  query: deleteActorQuery,
  status: 204,
  answer: z.void(),
} satisfies Contract

export const checkSink = {
  summary: 'Try the connection to a sink',
  path: idPath,
  body: z.strictObject({}),
  bodyOptional: true,
  status: 200,
  answer: checkAnswer,
  also: { 202: pending },
} satisfies Contract

/** This API's words for a destination. */
export const asSink = <Actor extends { id: string }>(actor: Actor) => ({
  ...actor,
  sinkId: actor.id,
  destinationId: actor.id,
})
