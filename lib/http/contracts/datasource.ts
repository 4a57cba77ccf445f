import * as z from 'zod'
import type { Contract } from '../contract.ts'
import { actorAnswer, actorContracts } from './actor.ts'
import { flag, idPath, pending } from './list.ts'

export const {
  create: createDatasource,
  list: listDatasources,
  get: getDatasource,
  update: updateDatasource,
  remove: deleteDatasource,
  check: checkDatasource,
} = actorContracts('data source', z.strictObject({ ...actorAnswer, sourceId: z.string() }))

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
