import './setup.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { StandIn } from '../support/airbyte/stand-in.ts'
import type { Answer } from '../support/api-event.ts'
import { ask } from '../support/http-api.ts'
import { mysql, s3, useAirbyte } from './setup.ts'

/** So many requests a property, the same in every run: `npm run bench -- abuse` goes on from there. */
const runs = { numRuns: 150, seed: 20_261_122 }
const secret = 'canary-password'

let airbyte: StandIn
let sourceId: string
let sinkId: string
let ingestionId: string

beforeAll(async () => {
  airbyte = await useAirbyte()
})
beforeEach(async () => {
  airbyte.state.actors.clear()
  sourceId = String((await ask('POST /datasource', { body: mysql })).body.id)
  sinkId = String((await ask('POST /sink', { body: s3 })).body.id)
  ingestionId = String((await ask('POST /ingestion', { body: { sourceId, sinkId } })).body.id)
})
afterAll(() => airbyte[Symbol.asyncDispose]())

/** What holds for every answer; that no canary is in it, `ask` looks at. */
const isSound = ({ status, body }: Answer) => {
  expect(status, JSON.stringify(body)).toBeLessThan(500)
  if (body.code !== 'invalid_input') return
  const errors = body.errors as { pointer: string }[]
  expect(errors.length).toBeGreaterThan(0)
  for (const { pointer } of errors) expect(pointer).toMatch(/^(\/|$)/)
}

const anything = fc.jsonValue({ maxDepth: 3 })

/** A value with some of its members replaced, removed, or joined by others. */
const disturbed = (base: Record<string, unknown>, names: readonly string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .dictionary(
      fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 8 })),
      fc.option(anything, { nil: undefined }),
    )
    .map((changes) => ({ ...base, ...changes }))

const configNames = [
  ...['host', 'port', 'database', 'username', 'user', 'ssl', 'ssl_mode', 'replication_method', 'format'],
  ...['s3_bucket_name', 'bucket_name', 'prefix', 's3_bucket_region', 'unknown'],
]

describe('no request makes the API fail', () => {
  it.each([
    ['POST /datasource', () => ({})],
    ['POST /sink', () => ({})],
    ['POST /ingestion', () => ({})],
    ['PATCH /datasource/{id}', () => ({ id: sourceId })],
    ['PATCH /sink/{id}', () => ({ id: sinkId })],
    ['PATCH /ingestion/{id}', () => ({ id: ingestionId })],
  ] as const)('%s with any JSON', (route, path) =>
    fc.assert(
      fc.asyncProperty(anything, async (body) => isSound(await ask(route, { path: path(), body }))),
      runs,
    ),
  )

  it.each([
    ['POST /datasource', mysql, 'password'],
    ['POST /sink', s3, 'secret_access_key'],
  ] as const)('%s with any configuration, and no secret comes back', (route, made, field) =>
    fc.assert(
      fc.asyncProperty(disturbed(made.config, configNames), fc.boolean(), async (config, isDry) => {
        const body = { ...made, config: { ...config, [field]: secret } }
        isSound(await ask(route, { body, ...(isDry ? { query: { dryRun: 'true' } } : {}) }))
      }),
      runs,
    ),
  )

  it.each([
    ['datasource', () => sourceId, 'password'],
    ['sink', () => sinkId, 'access_key_id'],
  ] as const)('PATCH /%s with any patch, and the secret stays or is replaced', (kind, id, field) =>
    fc.assert(
      fc.asyncProperty(
        disturbed({}, configNames),
        fc.constantFrom(undefined, '**********', secret),
        async (changes, value) => {
          const config = value === undefined ? changes : { ...changes, [field]: value }
          isSound(await ask(`PATCH /${kind}/{id}`, { path: { id: id() }, body: { config } }))
          const stored = airbyte.state.actors.get(id())?.connectionConfiguration as Record<string, unknown>
          expect(String(stored[field])).toMatch(/^canary/)
        },
      ),
      runs,
    ),
  )

  it('POST and PATCH /ingestion with any streams and schedules', () => {
    const word = fc.oneof(fc.constantFrom('orders', 'customers', 'public', 'id', 'updated_at', 'total'), fc.string())
    const stream = fc.record(
      {
        name: word,
        namespace: word,
        syncMode: fc.constantFrom('full_refresh', 'incremental'),
        destinationSyncMode: fc.constantFrom('append', 'overwrite', 'append_dedup', 'overwrite_dedup'),
        cursorField: fc.oneof(word, fc.array(word)),
        primaryKey: fc.array(fc.oneof(word, fc.array(word))),
        selected: fc.boolean(),
        fields: fc.array(word),
      },
      { requiredKeys: ['name'] },
    )
    const cronField = fc.oneof(
      fc.constantFrom('*', '?', '0', '*/5', '1-5', 'MON', 'L', '2#1', '15W', '31', '0,30'),
      fc.string({ maxLength: 3 }),
    )
    const schedule = fc.oneof(
      fc.constant('manual'),
      fc.record({ units: fc.integer({ min: -1, max: 100 }), timeUnit: fc.constantFrom('hours', 'days', 'eons') }),
      fc.record(
        {
          cron: fc.array(cronField, { minLength: 4, maxLength: 8 }).map((fields) => fields.join(' ')),
          timezone: fc.oneof(fc.constantFrom('UTC', 'Europe/Berlin', 'Etc/UTC'), fc.string({ maxLength: 12 })),
        },
        { requiredKeys: ['cron'] },
      ),
    )
    const body = fc.record({ streams: fc.array(stream, { maxLength: 4 }), schedule }, { requiredKeys: [] })
    return fc.assert(
      fc.asyncProperty(body, async (choice) => {
        isSound(await ask('POST /ingestion', { body: { sourceId, sinkId, ...choice } }))
        isSound(await ask('PATCH /ingestion/{id}', { path: { id: ingestionId }, body: choice }))
        isSound(await ask('GET /ingestion/{id}', { path: { id: ingestionId } }))
      }),
      runs,
    )
  })

  it('any query and any path', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET /datasource', 'GET /sink', 'GET /ingestion', 'GET /connectors', 'GET /workspaces'),
        fc.constantFrom('GET /datasource/{id}', 'GET /sink/{id}', 'GET /ingestion/{id}', 'GET /operations/{id}'),
        fc.dictionary(
          fc.constantFrom('limit', 'cursor', 'name', 'type', 'q', 'kind', 'status', 'sourceId', 'workspaceId', 'x'),
          fc.oneof(fc.string(), fc.constantFrom('1', '100', 'mysql', 'WyJhIiwiYiJd')),
        ),
        fc.string({ minLength: 1 }),
        async (list, one, query, id) => {
          isSound(await ask(list, { query }))
          isSound(await ask(one, { path: { id } }))
        },
      ),
      runs,
    ))
})
