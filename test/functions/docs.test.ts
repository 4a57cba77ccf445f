import '../support/quiet-log.ts'
import { readFileSync } from 'node:fs'
import { Window } from 'happy-dom'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { handler as datasource } from '../../functions/datasource/handler.ts'
import { handler as docs } from '../../functions/docs/handler.ts'
import { page } from '../../functions/docs/page.ts'
import { handler as ingestion } from '../../functions/ingestion/handler.ts'
import { handler as sink } from '../../functions/sink/handler.ts'
import { handler as sync } from '../../functions/sync/handler.ts'
import { currentOpenApi, openApiFile } from '../../lib/deploy/openapi.ts'
import { examples } from '../../lib/http/contracts/examples.ts'
import type { StandIn } from '../support/airbyte/stand-in.ts'
import { call } from '../support/api-event.ts'
import { eventually } from '../support/eventually.ts'
import { projectRoot } from '../support/stack-package.ts'
import { useAirbyte } from './setup.ts'

interface Operation {
  parameters?: { name: string; in: string }[]
  requestBody?: { required: boolean; content: Record<string, { example?: unknown }> }
  responses: Record<string, unknown>
}

const stored = readFileSync(openApiFile, 'utf8')
const document = JSON.parse(stored) as { openapi: string; paths: Record<string, Record<string, Operation>> }
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ routeKey: `${method.toUpperCase()} ${path}`, operation })),
)

describe('openapi.json', () => {
  it('is what the contracts say; else run: npm run openapi', async () => expect(await currentOpenApi()).toBe(stored))

  it('has every route that is deployed, and no other', () => {
    const { functions } = parse(readFileSync(`${projectRoot}/serverless.yml`, 'utf8'), { logLevel: 'silent' }) as {
      functions: Record<string, { events?: { httpApi?: string | { method: string; path: string } }[] }>
    }
    const deployed = Object.values(functions)
      .flatMap(({ events = [] }) => events)
      .flatMap(({ httpApi }) =>
        httpApi === undefined ? [] : [typeof httpApi === 'string' ? httpApi : `${httpApi.method} ${httpApi.path}`],
      )
      .filter((routeKey) => routeKey !== 'GET /docs' && routeKey !== 'GET /openapi.json')
    expect(operations.map(({ routeKey }) => routeKey).sort()).toEqual(deployed.sort())
  })

  it('names every parameter of a path', () => {
    for (const { routeKey, operation } of operations) {
      const named = [...routeKey.matchAll(/{(\w+)}/g)].map(([, name]) => name)
      const described = operation.parameters?.filter((one) => one.in === 'path').map(({ name }) => name) ?? []
      expect(described.sort(), routeKey).toEqual(named.sort())
    }
  })

  it('has an example wherever a body is needed, and none for a route that is gone', () => {
    for (const { routeKey, operation } of operations)
      if (operation.requestBody?.required)
        expect(operation.requestBody.content['application/json']?.example, routeKey).toBeDefined()
    const known = operations.map(({ routeKey }) => routeKey)
    for (const routeKey of Object.keys(examples)) expect(known).toContain(routeKey)
  })
})

describe('the examples', () => {
  let airbyte: StandIn
  beforeAll(async () => {
    airbyte = await useAirbyte()
  })
  afterAll(() => airbyte[Symbol.asyncDispose]())

  /** As printed, but for the ids, which only earlier answers know. */
  const send = async (handler: Parameters<typeof call>[0], routeKey: string, ids: object = {}, id?: string) => {
    const body = { ...(examples[routeKey] as object), ...ids }
    const answer = await call(handler, routeKey, { body, ...(id === undefined ? {} : { path: { id } }) })
    expect(answer.status, `${routeKey} ${JSON.stringify(answer.body)}`).toBeLessThan(300)
    return String(answer.body.id ?? answer.body.jobId)
  }

  it('are taken as they are printed', async () => {
    const sourceId = await send(datasource, 'POST /datasource')
    await send(datasource, 'PATCH /datasource/{id}', {}, sourceId)
    const sinkId = await send(sink, 'POST /sink')
    await send(sink, 'PATCH /sink/{id}', {}, sinkId)
    const connectionId = await send(ingestion, 'POST /ingestion', { sourceId, sinkId })
    await send(ingestion, 'PATCH /ingestion/{id}', {}, connectionId)
    await send(sync, 'POST /ingestion/{id}/sync', {}, connectionId)
    await send(sync, 'POST /sync', { connectionId })
  })
})

describe('/docs', () => {
  it('is a page that may run its own script only and asks nobody else for anything', async () => {
    const answer = (await docs({ routeKey: 'GET /docs' } as never, {})) as {
      headers: Record<string, string>
      body: string
    }
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self';/,
    )
    expect(answer.body).not.toMatch(/(?:src|href)="(?!data:)|https?:|@import|url\(/)
  })

  it('serves the document beside it', async () => {
    const answer = (await docs({ routeKey: 'GET /openapi.json' } as never, {})) as { body: string }
    expect(JSON.parse(answer.body)).toEqual(document)
  })

  it('shows every operation and tries one', async () => {
    const { document, Event } = new Window()
    const sent: { url: string; options: RequestInit }[] = []
    const fetch = async (url: string, options: RequestInit = {}) => {
      if (url === 'openapi.json') return new Response(stored)
      sent.push({ url, options })
      return new Response('{"id":"1"}', { status: 201, headers: { location: '/x' } })
    }
    const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? ''
    new Function('document', 'fetch', script)(document, fetch)
    const form = await eventually(() => document.querySelector('#postDatasource form') ?? undefined)
    expect(document.querySelectorAll('details[id]')).toHaveLength(operations.length)
    const fill = (selector: string, value: string) => {
      const input = document.querySelector(selector)
      if (input) (input as unknown as { value: string }).value = value
    }
    fill('#api-key', 'key')
    fill('#postDatasource [name=ifExists]', 'return')
    form.dispatchEvent(new Event('submit', { cancelable: true }))
    const answer = await eventually(() => {
      const text = form.querySelector('.answer')?.textContent ?? ''
      return text.startsWith('201') ? text : undefined
    })
    expect(answer).toMatch(/^201[\s\S]*location: \/x[\s\S]*"id": "1"/)
    expect(sent).toMatchObject([
      {
        url: '/datasource?ifExists=return',
        options: { method: 'POST', headers: { 'x-api-key': 'key', 'content-type': 'application/json' } },
      },
    ])
    expect(JSON.parse(String(sent[0]?.options.body))).toEqual(examples['POST /datasource'])
  })

  it('knows no other page', async () =>
    expect(await docs({ routeKey: 'GET /docs/../etc' } as never, { awsRequestId: 'r' })).toMatchObject({
      statusCode: 404,
    }))
})
