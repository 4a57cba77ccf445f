import '../../support/quiet-log.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../../support/http-api.ts'
import { type Shop, startShop } from './shop.ts'
import { type TestEngine, testEngine } from './test-engine.ts'

const incremental = { syncMode: 'incremental', destinationSyncMode: 'append', cursorField: ['at'] }

describe('the check of a source whose connections read incrementally', () => {
  let shop: Shop
  let engine: TestEngine

  beforeAll(async () => {
    ;[shop, engine] = await Promise.all([startShop(), testEngine()])
    await shop.sql.query(`
      CREATE TABLE visits AS SELECT i AS id, CASE WHEN i > 3 THEN timestamptz '2025-01-01' END AS at FROM generate_series(1, 10) i;
      CREATE TABLE logins (id int, at timestamptz NOT NULL); INSERT INTO logins VALUES (1, now()), (2, 'infinity');
      CREATE TABLE many AS SELECT i AS id, NULL::timestamptz AS at FROM generate_series(1, 10002) i;
      CREATE TABLE whole AS SELECT i AS id, now() AS at FROM generate_series(1, 10) i;
      CREATE VIEW endless AS SELECT i AS id, CASE WHEN i < 3 THEN NULL WHEN pg_sleep(60) IS NULL THEN now() END AS at FROM generate_series(1, 9) i;
      CREATE VIEW stuck AS SELECT 1 AS id, CASE WHEN pg_sleep(60) IS NULL THEN NULL ELSE now() END AS at;
      CREATE TABLE gone (id int, at timestamptz)`)
  })

  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]()
    await shop?.stop()
  })

  const sourceOf = async (stream: string, config: object = incremental) => {
    const connectionId = await shop.link(engine.call, { stream, config })
    return (await engine.call('/connections/get', { connectionId })).body.sourceId as string
  }
  const check = async (sourceId: string) => (await engine.call('/sources/check_connection', { sourceId })).body
  const fix = 'Only the first sync sends such rows: choose a cursor that is always set, or full_refresh'

  it.each([
    ['visits', `Warning: stream public.visits: 3 rows have NULL or infinity in the cursor at. ${fix}`],
    ['logins', `Warning: stream public.logins: 1 row has infinity in the cursor at. ${fix}`],
    ['many', `Warning: stream public.many: more than 10000 rows have NULL or infinity in the cursor at. ${fix}`],
    ['endless', `Warning: stream public.endless: at least one row has NULL or infinity in the cursor at. ${fix}`],
    ['stuck', expect.stringMatching(/public.stuck: whether rows have NULL or infinity in the cursor at was not found/)],
    ['whole', undefined],
  ])('succeeds, and warns of rows that later syncs will not send: %s', async (stream, message) => {
    const answer = await check(await sourceOf(stream))
    expect(answer).toMatchObject({ status: 'succeeded', jobInfo: { succeeded: true } })
    expect(answer.message).toEqual(message)
  })

  it('says nothing of a stream that is read whole', async () => {
    const sourceId = await sourceOf('visits', { syncMode: 'full_refresh', destinationSyncMode: 'append' })
    expect(await check(sourceId)).not.toHaveProperty('message')
  })

  it('tells of a stream that is gone, as its sync will', async () => {
    const sourceId = await sourceOf('gone')
    await shop.sql.query('DROP TABLE gone')
    expect(await check(sourceId)).toMatchObject({
      status: 'succeeded',
      message: expect.stringMatching(/Stream public.gone does not exist .* refresh the schema/),
    })
  })

  it('reaches the users of the API', async () => {
    const id = await sourceOf('visits')
    process.env.AIRBYTE_BASE_URL = engine.url()
    expect((await ask('POST /datasource/{id}/check', { path: { id } })).body).toEqual({
      status: 'succeeded',
      message: expect.stringContaining('3 rows have NULL'),
    })
  })

  it('takes a configuration that is not saved, with the saved secrets where they are masked', async () => {
    const sourceId = await sourceOf('visits')
    const { connectionConfiguration: saved, name } = (await engine.call('/sources/get', { sourceId })).body
    const propose = async (more: object) => {
      const connectionConfiguration = { ...saved, ...more }
      return await engine.call('/sources/check_connection_for_update', { sourceId, name, connectionConfiguration })
    }
    expect((await propose({})).body).toMatchObject({
      status: 'succeeded',
      message: expect.stringContaining('3 rows have NULL'),
    })
    expect((await propose({ password: 'canary-wrong' })).body).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^\/password: /),
    })
    expect(await propose({ port: 0 })).toMatchObject({ status: 422 })
    expect((await check(sourceId)).status).toBe('succeeded')
  })
})
