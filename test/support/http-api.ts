import { expect } from 'vitest'
import * as z from 'zod'
import { handler as datasource } from '../../functions/datasource/handler.ts'
import { handler as ingestion } from '../../functions/ingestion/handler.ts'
import { handler as meta } from '../../functions/meta/handler.ts'
import { handler as sink } from '../../functions/sink/handler.ts'
import type { Contract } from '../../lib/http/contract.ts'
import * as connectors from '../../lib/http/contracts/connectors.ts'
import * as datasources from '../../lib/http/contracts/datasource.ts'
import { health } from '../../lib/http/contracts/health.ts'
import * as ingestions from '../../lib/http/contracts/ingestion.ts'
import { getOperation } from '../../lib/http/contracts/operation.ts'
import * as sinks from '../../lib/http/contracts/sink.ts'
import { type Answer, call } from './api-event.ts'

type Handler = Parameters<typeof call>[0]
export type ApiRequest = NonNullable<Parameters<typeof call>[2]>

/** Each route with the function that answers it and what it promises. */
export const routes = {
  'POST /datasource': [datasource, datasources.createDatasource],
  'GET /datasource': [datasource, datasources.listDatasources],
  'GET /datasource/{id}': [datasource, datasources.getDatasource],
  'PATCH /datasource/{id}': [datasource, datasources.updateDatasource],
  'DELETE /datasource/{id}': [datasource, datasources.deleteDatasource],
  'POST /datasource/{id}/check': [datasource, datasources.checkDatasource],
  'GET /datasource/{id}/schema': [datasource, datasources.getSchema],
  'POST /sink': [sink, sinks.createSink],
  'GET /sink': [sink, sinks.listSinks],
  'GET /sink/{id}': [sink, sinks.getSink],
  'PATCH /sink/{id}': [sink, sinks.updateSink],
  'DELETE /sink/{id}': [sink, sinks.deleteSink],
  'POST /sink/{id}/check': [sink, sinks.checkSink],
  'POST /ingestion': [ingestion, ingestions.createIngestion],
  'GET /ingestion': [ingestion, ingestions.listIngestions],
  'GET /ingestion/{id}': [ingestion, ingestions.getIngestion],
  'PATCH /ingestion/{id}': [ingestion, ingestions.updateIngestion],
  'DELETE /ingestion/{id}': [ingestion, ingestions.deleteIngestion],
  'POST /ingestion/{id}/refresh-schema': [ingestion, ingestions.refreshSchema],
  'GET /health': [meta, health],
  'GET /connectors': [meta, connectors.listConnectors],
  'GET /connectors/{kind}/{type}': [meta, connectors.getConnector],
  'GET /workspaces': [meta, connectors.listWorkspaces],
  'GET /operations/{id}': [meta, getOperation],
} as const satisfies Record<string, readonly [Handler, Contract]>

export type Route = keyof typeof routes

const problem = z.looseObject({
  type: z.string().startsWith('urn:airbyte-ingestion:problem:'),
  title: z.string(),
  status: z.int().min(400),
  detail: z.string().min(1),
  code: z.string(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string().min(1) })).optional(),
  requestId: z.string(),
})

/** Asks a function, and holds every answer against the route's contract. No answer may hold a canary. */
export const ask = async (route: Route, request: ApiRequest = {}): Promise<Answer> => {
  const [handler, contract]: readonly [Handler, Contract] = routes[route]
  const answer = await call(handler, route, request)
  expect(JSON.stringify(answer)).not.toMatch(/canary/i)
  if (answer.status >= 400) {
    expect(answer.headers['content-type']).toBe('application/problem+json')
    problem.parse(answer.body)
    return answer
  }
  const own = answer.status === contract.status ? contract.answer : undefined
  const schema = contract.also?.[answer.status as 200 | 201 | 202] ?? own
  if (!schema) throw new Error(`${route} does not promise a ${answer.status}`)
  if (answer.status === 204) expect(answer.body).toEqual({})
  else schema.parse(answer.body)
  if (answer.status === 202) expect(answer.headers.location).toBeTruthy()
  return answer
}
