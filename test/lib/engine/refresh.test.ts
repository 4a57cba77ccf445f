import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Shop, startShop } from './shop.ts'
import { type TestEngine, testEngine } from './test-engine.ts'

let shop: Shop
let engine: TestEngine
beforeAll(async () => {
  shop = await startShop()
  engine = await testEngine()
  // Nothing says that ids are unique: 1 comes in two versions.
  await shop.sql.query(`CREATE TABLE visits (id int, note text, at timestamptz);
    INSERT INTO visits VALUES (1, 'old', '2025-01-01'), (1, 'new', '2025-01-02'), (2, 'only', '2025-01-03')`)
})
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]()
  await shop?.stop()
})

const byTime = { syncMode: 'incremental', cursorField: ['at'], primaryKey: [['id']] }
const visits = [{ streamName: 'visits', streamNamespace: 'public' }]

const toPostgres = async (schema: string, destinationSyncMode: 'append' | 'append_dedup') => {
  const { host, port, database, username, password } = shop.postgres
  const connectionId = await shop.link(engine.call, {
    stream: 'visits',
    config: { ...byTime, destinationSyncMode },
    toPostgres: { host, port, database, username, password, schema },
  })
  await engine.call('/connections/update', { connectionId, namespaceDefinition: 'destination' })
  return connectionId
}
const run = async (path: string, body: object) => {
  const { status, body: answer } = await engine.call(`/connections/${path}`, body)
  expect({ status, answer }).toMatchObject({ status: 200 })
  return engine.finished(answer.job.id)
}
const notesIn = async (schema: string): Promise<string[]> =>
  (await shop.sql.query(`SELECT note FROM ${schema}.visits ORDER BY at, note`)).rows.map(({ note }) => note)
const stateType = async (connectionId: string) => (await engine.call('/state/get', { connectionId })).body.stateType

describe('a refresh', () => {
  it('that merges reads everything again, beside what is there', async () => {
    const connectionId = await toPostgres('merged', 'append')
    await run('sync', { connectionId })
    const { job } = await run('refresh', { connectionId, refreshMode: 'Merge', streams: visits })
    expect(job).toMatchObject({
      ...{ status: 'succeeded', configType: 'refresh' },
      ...{ refreshConfig: { streamsToRefresh: [{ name: 'visits' }] }, summary: { recordsSynced: 3 } },
    })
    expect(await notesIn('merged')).toEqual(['old', 'old', 'new', 'new', 'only', 'only'])
    expect((await run('sync', { connectionId })).job.summary.recordsSynced).toBe(0)
    const { rows } = await shop.sql.query('SELECT DISTINCT _airbyte_generation_id AS generation FROM merged.visits')
    expect(rows).toHaveLength(2)
  })

  it('that truncates replaces what is there, and the next sync goes on from it', async () => {
    const connectionId = await toPostgres('truncated', 'append')
    await run('sync', { connectionId })
    await shop.sql.query(`INSERT INTO truncated.visits SELECT * FROM truncated.visits`)
    expect((await run('refresh', { connectionId, refreshMode: 'Truncate' })).job.status).toBe('succeeded')
    expect(await notesIn('truncated')).toEqual(['old', 'new', 'only'])
    expect((await run('sync', { connectionId })).job.summary.recordsSynced).toBe(0)
  })

  it('that truncates keeps one row a key where the stream does', async () => {
    const connectionId = await toPostgres('deduped', 'append_dedup')
    await run('sync', { connectionId })
    await run('refresh', { connectionId, refreshMode: 'truncate' })
    expect(await notesIn('deduped')).toEqual(['new', 'only'])
  })

  it('that truncates and does not end leaves rows and state as they were', async () => {
    await shop.setPace(0.05)
    const connectionId = await shop.link(engine.call, {
      stream: 'slow',
      config: { ...byTime, cursorField: ['id'], destinationSyncMode: 'append' },
      destination: { s3_bucket_path: 'kept' },
    })
    await shop.setPace(0)
    await run('sync', { connectionId })
    const before = await shop.s3.keys('kept/')
    await shop.setPace(0.05)
    const { body } = await engine.call('/connections/refresh', { connectionId, refreshMode: 'Truncate' })
    await shop.isReadingSlowly()
    expect((await engine.call('/jobs/cancel', { id: body.job.id })).body.job.status).toBe('cancelled')
    await shop.setPace(0)
    expect((await run('sync', { connectionId })).job.summary.recordsSynced).toBe(0)
    expect(await shop.s3.keys('kept/')).toEqual(before)
  })
})

describe('a clear', () => {
  it('empties the table, and the next sync reads everything', async () => {
    const connectionId = await toPostgres('cleared', 'append_dedup')
    await run('sync', { connectionId })
    const { job, attempts } = await run('clear/stream', { connectionId, streams: visits })
    expect(job).toMatchObject({
      ...{ status: 'succeeded', configType: 'clear' },
      resetConfig: { streamsToReset: [{ name: 'visits', namespace: 'public' }] },
    })
    expect(attempts[0].logs.logLines.join('\n')).toMatch(/stream visits: cleared/)
    expect(await notesIn('cleared')).toEqual([])
    expect(await stateType(connectionId)).toBe('not_set')
    expect((await run('sync', { connectionId })).job.summary.recordsSynced).toBe(3)
    expect(await notesIn('cleared')).toEqual(['new', 'only'])
    const listed = async (configTypes: string[]) =>
      (await engine.call('/jobs/list', { configTypes, configId: connectionId })).body.totalJobCount
    expect(await listed(['clear'])).toBe(1)
    expect(await listed(['sync', 'clear'])).toBe(3)
  })

  it('removes the objects; a reset is its old name', async () => {
    const connectionId = await shop.link(engine.call, { destination: { s3_bucket_path: 'removed' } })
    await run('sync', { connectionId })
    expect(await shop.s3.keys('removed/')).toHaveLength(1)
    expect((await run('reset', { connectionId })).job).toMatchObject({
      ...{ status: 'succeeded', configType: 'reset_connection' },
      summary: { recordsSynced: 0 },
    })
    expect(await shop.s3.keys('removed/')).toEqual([])
  })

  it('of a stream that the connection does not have is refused', async () => {
    const connectionId = await shop.link(engine.call)
    const answer = await engine.call('/connections/reset/stream', {
      connectionId,
      streams: [{ streamName: 'nothing' }],
    })
    expect(answer).toMatchObject({
      ...{ status: 422, body: { message: expect.stringMatching(/no stream nothing: give public\.orders/) } },
    })
  })
})
