import './setup.ts'
import { describe, expect, it } from 'vitest'
import { handler as datasource } from '../../functions/datasource/handler.ts'
import { handler as ingestion } from '../../functions/ingestion/handler.ts'
import { handler as sink } from '../../functions/sink/handler.ts'
import { createIngestion } from '../../lib/http/contracts/ingestion.ts'
import { catalog } from '../support/airbyte/connectors.ts'
import { type ProfileName, profiles } from '../support/airbyte/profile.ts'
import { call } from '../support/api-event.ts'
import { mysql, s3, useAirbyte } from './setup.ts'

const makeBoth = async () => {
  const source = await call(datasource, 'POST /datasource', { body: mysql })
  const destination = await call(sink, 'POST /sink', { body: s3 })
  return { sourceId: String(source.body.id), sinkId: String(destination.body.id) }
}
const post = (body: unknown) => call(ingestion, 'POST /ingestion', { body })

describe.each(Object.keys(profiles) as ProfileName[])('against %s', (profile) => {
  it('the seed payload links a source and a sink', async () => {
    await using airbyte = await useAirbyte({ profile })
    const both = await makeBoth()
    const stamps = { created: '2024-01-01T00:00:00Z', updated: '2024-01-02T00:00:00Z' }
    const answer = await post({ ...both, ...stamps })
    expect(answer.status).toBe(201)
    expect(createIngestion.answer.parse(answer.body)).toMatchObject({
      ...both,
      ...stamps,
      id: answer.body.connectionId,
      destinationId: both.sinkId,
      name: 'mysql_source → s3_sink',
      schedule: 'manual',
      status: 'active',
      streams: [
        { name: 'customers', syncMode: 'full_refresh', destinationSyncMode: 'overwrite' },
        { name: 'orders', syncMode: 'full_refresh', destinationSyncMode: 'overwrite' },
      ],
    })
    const sent = airbyte.bodies.find(({ path }) => path === '/connections/create')?.body ?? {}
    expect(sent).toMatchObject({ sourceCatalogId: expect.any(String), scheduleType: 'manual' })
    const { streams: entries } = sent.syncCatalog as typeof catalog
    const streams = entries.map(({ stream }) => stream)
    expect(streams).toEqual(catalog.streams.map(({ stream }) => stream).reverse())
    expect(airbyte.violations).toEqual([])
  })
})

describe('POST /ingestion', () => {
  it('streams, schedule, namespace and names are sent as told', async () => {
    await using airbyte = await useAirbyte()
    const { sourceId, sinkId } = await makeBoth()
    const answer = await post({
      sourceId,
      destinationId: sinkId,
      name: 'mine',
      streams: [{ name: 'orders', syncMode: 'incremental', cursorField: 'updated_at', destinationSyncMode: 'append' }],
      schedule: { cron: '0 6 * * 1-5', timezone: 'Europe/Berlin' },
      namespace: { format: 'raw' },
      prefix: 'p_',
      status: 'inactive',
    })
    expect(answer).toMatchObject({
      status: 201,
      body: {
        sinkId,
        destinationId: sinkId,
        schedule: { cron: '0 0 6 ? * 2-6', unix: '0 6 * * 1-5', timezone: 'Europe/Berlin' },
        streams: [{ name: 'orders', cursorField: ['updated_at'], primaryKey: [['id']] }],
      },
    })
    expect(airbyte.bodies.find(({ path }) => path === '/connections/create')?.body).toMatchObject({
      name: 'mine',
      status: 'inactive',
      namespaceDefinition: 'customformat',
      namespaceFormat: 'raw',
      prefix: 'p_',
      scheduleType: 'cron',
      scheduleData: { cron: { cronExpression: '0 0 6 ? * 2-6', cronTimeZone: 'Europe/Berlin' } },
    })
    expect(airbyte.violations).toEqual([])
  })

  it.each([
    ['a source that is no UUID', { sourceId: 'x' }, 404, 'not_found', '/sourceId'],
    ['an unknown source', { sourceId: crypto.randomUUID() }, 404, 'not_found', '/sourceId'],
    ['an unknown sink', { sinkId: crypto.randomUUID() }, 404, 'not_found', '/sinkId'],
    [
      'an unknown destination',
      { sinkId: undefined, destinationId: crypto.randomUUID() },
      404,
      'not_found',
      '/destinationId',
    ],
    ['no sink at all', { sinkId: undefined }, 422, 'invalid_input', '/sinkId'],
    ['two different sinks', { destinationId: crypto.randomUUID() }, 422, 'invalid_input', '/sinkId'],
    ['no time units', { schedule: { units: 0, timeUnit: 'hours' } }, 422, 'invalid_input', '/schedule/units'],
    ['a bad cron', { schedule: { cron: '99 * * * *' } }, 422, 'invalid_input', '/schedule/cron'],
    ['a day that is not', { created: 'yesterday' }, 422, 'invalid_input', '/created'],
    ['a stream that is not there', { streams: [{ name: 'nope' }] }, 422, 'invalid_input', '/streams/0/name'],
    [
      'a mode that S3 has not',
      { streams: [{ name: 'orders', cursorField: 'updated_at', destinationSyncMode: 'append_dedup' }] },
      422,
      'invalid_input',
      '/streams/0/destinationSyncMode',
    ],
    [
      'a field too many in a stream',
      { streams: [{ name: 'orders', mode: 'x' }] },
      422,
      'invalid_input',
      '/streams/0/mode',
    ],
  ] as const)('%s is refused with a pointer', async (_, change, status, code, pointer) => {
    await using airbyte = await useAirbyte()
    const answer = await post({ ...(await makeBoth()), ...change })
    expect(answer).toMatchObject({ status, body: { code, errors: [{ pointer }] } })
    expect(airbyte.requests).not.toContain('/connections/create')
  })

  it('streams that would share one place in the sink are refused', async () => {
    await using airbyte = await useAirbyte()
    const both = await makeBoth()
    const twins = catalog.streams.map((entry) => ({ ...entry, stream: { ...entry.stream, namespace: 'other' } }))
    airbyte.state.catalog = { streams: [...catalog.streams, ...twins] }
    for (const namespace of ['destination', { format: 'lake' }])
      expect(await post({ ...both, namespace })).toMatchObject({
        status: 422,
        body: {
          errors: [
            { pointer: '/namespace', message: expect.stringMatching(/other\.\w+ and public\.\w+ to one place/) },
            {},
          ],
        },
      })
    const format = `lake_${'$'}{SOURCE_NAMESPACE}`
    const { body } = await post({ ...both, namespace: { format } })
    expect(body.namespace).toEqual({ format })
    const change = (body_: object) =>
      call(ingestion, 'PATCH /ingestion/{id}', { path: { id: String(body.id) }, body: body_ })
    expect(await change({ namespace: 'destination' })).toMatchObject({ status: 422 })
    expect(await change({ name: 'renamed' })).toMatchObject({ status: 200 })
    const streams = [{ name: 'orders', namespace: 'other' }]
    expect(await change({ namespace: 'destination', streams })).toMatchObject({ status: 200 })
  })

  it('a discover that failed says why', async () => {
    await using airbyte = await useAirbyte()
    const both = await makeBoth()
    airbyte.state.catalog = undefined
    expect(await post(both)).toMatchObject({
      status: 422,
      body: {
        code: 'connector_config',
        detail: 'permission denied for schema public',
        errors: [{ pointer: '/sourceId' }],
      },
    })
    airbyte.state.discoverFailure = { failureType: 'transient_error', externalMessage: 'the database restarts' }
    expect(await post(both)).toMatchObject({ status: 502, body: { code: 'connector_transient' } })
  })

  it('a create whose answer got lost is found, not repeated', async () => {
    await using airbyte = await useAirbyte()
    const both = await makeBoth()
    airbyte.fail('/connections/create', { status: 504, after: true })
    const answer = await post(both)
    expect(answer.status).toBe(201)
    expect([...airbyte.state.connections.keys()]).toEqual([answer.body.id])
  })

  it('a create that was lost before it was done is not taken for an older ingestion of that name', async () => {
    await using airbyte = await useAirbyte()
    const both = await makeBoth()
    const { body } = await post(both)
    const older = airbyte.state.connections.get(String(body.id))
    airbyte.state.connections.set(String(body.id), { ...older, created_at: 1_700_000_000 })
    airbyte.fail('/connections/create', { status: 504 })
    expect(await post(both)).toMatchObject({ status: 504, body: { code: 'outcome_unknown' } })
    expect(airbyte.state.connections.size).toBe(1)
  })
})
