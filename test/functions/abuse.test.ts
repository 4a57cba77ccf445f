import '../support/quiet-log.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { handler as datasource } from '../../functions/datasource/handler.ts'
import { handler as ingestion } from '../../functions/ingestion/handler.ts'
import { handler as meta } from '../../functions/meta/handler.ts'
import { handler as sink } from '../../functions/sink/handler.ts'
import { handler as sync } from '../../functions/sync/handler.ts'
import type { Routes } from '../../lib/http/api.ts'
import { corpus, nearRequests, routes, type WireRequest } from '../support/abuse.ts'
import type { StandIn } from '../support/airbyte/stand-in.ts'
import { type Answer, call } from '../support/api-event.ts'
import { useAirbyte } from './setup.ts'

const functions = [datasource, sink, ingestion, sync, meta] as unknown as (Parameters<typeof call>[0] & {
  routes: Routes
})[]

let airbyte: StandIn
beforeAll(async () => {
  airbyte = await useAirbyte()
})
afterAll(() => airbyte[Symbol.asyncDispose]())

/** As API Gateway would: finds the route, decodes the path; undefined where it would answer itself. */
const send = async ({ method, path, headers, body }: WireRequest): Promise<Answer | undefined> => {
  const [pathname = '', search = ''] = path.split('?')
  const route = routes.find(([known, pattern]) => known === method && patternOf(pattern).test(pathname))
  if (!route) return undefined
  const names = [...route[1].matchAll(/{(\w+)}/g)].map(([, name = '']) => name)
  const values = patternOf(route[1]).exec(pathname)?.slice(1) ?? []
  let parameters: Record<string, string>
  try {
    parameters = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index] ?? '')]))
  } catch {
    return undefined
  }
  const routeKey = route.join(' ')
  const handler = functions.find((one) => routeKey in one.routes)
  if (!handler) throw new Error(`no function has ${routeKey}`)
  return call(handler, routeKey, {
    path: parameters,
    query: Object.fromEntries(new URLSearchParams(search)),
    headers: { 'content-type': '', ...headers },
    ...(body ? { text: body.toString('base64'), base64: true } : { text: null }),
  })
}

const patternOf = (path: string) => new RegExp(`^${path.replaceAll(/{\w+}/g, '([^/]+)')}$`)

describe('abuse', () => {
  it.each(corpus.map((request) => [request.name, request] as const))(
    '%s is refused or answered',
    async (_, request) => {
      const answer = await send(request)
      expect(answer?.status ?? 404).not.toBe(500)
      expect(JSON.stringify(answer?.body ?? '').length).toBeLessThan(100_000)
    },
  )

  it('no request near to what is taken ends in 500', async () => {
    await fc.assert(
      fc.asyncProperty(nearRequests, async (request) => {
        const answer = await send(request)
        expect(answer?.status, JSON.stringify(answer?.body)).not.toBe(500)
      }),
      { seed: 20_261_122, numRuns: 600 },
    )
  })

  it('leaves the prototype alone', () => expect(Object.keys(Object.prototype)).toEqual([]))
})
