import { expect } from 'vitest'
import * as z from 'zod'
import { handler as datasource } from '../../functions/datasource/handler.ts'
import { handler as ingestion } from '../../functions/ingestion/handler.ts'
import { handler as meta } from '../../functions/meta/handler.ts'
import { handler as sink } from '../../functions/sink/handler.ts'
import { handler as sync } from '../../functions/sync/handler.ts'
import { type Answer, call } from './api-event.ts'

export type ApiRequest = NonNullable<Parameters<typeof call>[2]>

/** What answers a route. */
const functions = [datasource, sink, ingestion, sync, meta]

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
export const ask = async (route: string, request: ApiRequest = {}): Promise<Answer> => {
  const handler = functions.find(({ routes }) => route in routes)
  const contract = handler?.routes[route]?.contract
  if (!handler || !contract) throw new Error(`no function answers ${route}`)
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
