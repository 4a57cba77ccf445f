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
import { flag, idPath, pageOfItems, pending } from './list.ts'

const answer = z.strictObject({ ...actorAnswer, sourceId: z.string() })

export const createDatasource = {
  summary: 'Register a data source',
  query: createActorQuery,
  body: actorBody,
  status: 201,
  answer,
  also: { 200: z.union([dryRunAnswer, answer]) },
} satisfies Contract

export const listDatasources = {
  summary: 'Data sources by name',
  query: listActorsQuery,
  status: 200,
  answer: pageOfItems(answer),
} satisfies Contract

export const getDatasource = { summary: 'One data source', path: idPath, status: 200, answer } satisfies Contract

export const updateDatasource = {
  summary: 'Change a data source',
  path: idPath,
  query: updateActorQuery,
  body: actorPatch,
  status: 200,
  answer,
  also: { 200: z.union([dryRunAnswer, answer]) },
} satisfies Contract

export const deleteDatasource = {
  summary: 'Delete a data source',
  path: idPath,
  query: deleteActorQuery,
  status: 204,
  answer: z.void(),
} satisfies Contract

export const checkDatasource = {
  summary: 'Try the connection to a data source',
  path: idPath,
  body: z.strictObject({}),
  bodyOptional: true,
  status: 200,
  answer: checkAnswer,
  also: { 202: pending },
} satisfies Contract

export const getSchema = {
  summary: 'The streams of a data source',
  path: idPath,
  query: z.strictObject({
    refresh: flag.describe('Look again instead of answering what Airbyte remembers'),
    stream: z.string().min(1).max(1024).optional().describe('Only the streams of this name'),
  }),
  status: 200,
  answer: z.strictObject({
    streams: z.array(
      z.strictObject({
        name: z.string(),
        namespace: z.string().optional(),
        jsonSchema: z.record(z.string(), z.unknown()),
        syncModes: z.array(z.string()),
        cursor: z.array(z.string()).describe('Path of the field that tells new rows; empty when none is proposed'),
        sourceDefinedCursor: z.boolean().describe('The cursor cannot be chosen'),
        primaryKey: z.array(z.array(z.string())),
      }),
    ),
  }),
  also: { 202: pending },
} satisfies Contract

/** This API's words for a source. */
export const asDatasource = <Actor extends { id: string }>(actor: Actor) => ({ ...actor, sourceId: actor.id })
