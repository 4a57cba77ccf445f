import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { airbyteRetryPolicy } from '../../../lib/engine/jobs/retry-policy.ts'
import { readByDuckDb } from '../../support/duckdb.ts'
import { eventually } from '../../support/eventually.ts'
import { isAlive, type Shop, startShop, workersOf } from './shop.ts'
import { type TestEngine, testEngine } from './test-engine.ts'

/** Text that must show nowhere. */
const wrongPassword = 'canary-of-the-wrong-password'

let shop: Shop
beforeAll(async () => {
  shop = await startShop()
})
afterAll(() => shop?.stop())

const incremental = { syncMode: 'incremental', destinationSyncMode: 'append', cursorField: ['updated_at'] }
const sync = async (engine: TestEngine, connectionId: string) =>
  engine.finished((await engine.call('/connections/sync', { connectionId })).body.job.id)

describe('a sync', () => {
  it('moves the rows, saves the state, and moves only new rows the next time', async () => {
    await using engine = await testEngine()
    const connectionId = await shop.link(engine.call, { config: incremental })
    const first = await sync(engine, connectionId)
    expect(first.job).toMatchObject({ status: 'succeeded', summary: { recordsSynced: 1000 } })
    expect(first.job.summary.bytesSynced).toBeGreaterThan(1000)
    const state = (await engine.call('/state/get', { connectionId })).body
    expect(state).toMatchObject({
      stateType: 'stream',
      streamState: [
        { streamDescriptor: { name: 'orders', namespace: 'public' }, streamState: { cursorField: 'updated_at' } },
      ],
    })
    expect((await sync(engine, connectionId)).job.summary.recordsSynced).toBe(0)
    await engine.restart()
    await shop.sql.query(`INSERT INTO orders VALUES (2000, 'late', now()) ON CONFLICT DO NOTHING`)
    expect((await sync(engine, connectionId)).job.summary.recordsSynced).toBe(1)
    expect(
      (await engine.call('/jobs/list', { configTypes: ['sync'], configId: connectionId })).body.totalJobCount,
    ).toBe(3)
    // Set back to where the first sync had ended, by the answer of state/get as it was.
    expect((await engine.call('/state/create_or_update', { connectionId, connectionState: state })).body).toEqual(state)
    expect((await sync(engine, connectionId)).job.summary.recordsSynced).toBe(1)
    const [{ streamDescriptor }] = state.streamState
    const forgotten = { connectionId, connectionState: { ...state, streamState: [{ streamDescriptor }] } }
    expect((await engine.call('/state/create_or_update', forgotten)).body.stateType).toBe('not_set')
    await shop.sql.query('DELETE FROM orders WHERE id = 2000')
  })

  it('shows what it has read while it runs, and what is committed when it has ended', async () => {
    await using engine = await testEngine()
    await shop.setPace(0.05)
    const connectionId = await shop.link(engine.call, { stream: 'slow' })
    const { job } = (await engine.call('/connections/sync', { connectionId })).body
    await shop.isReadingSlowly()
    const running = (await engine.call('/jobs/get_without_logs', { id: job.id })).body
    expect(running.job).not.toHaveProperty('aggregatedStats')
    expect(running.attempts[0].attempt).toMatchObject({ status: 'running', totalStats: { recordsEmitted: 0 } })
    expect(running.attempts[0].attempt.totalStats).not.toHaveProperty('recordsCommitted')
    await engine.call('/jobs/cancel', { id: job.id })
    await shop.setPace(0)
    const ended = await sync(engine, connectionId)
    expect(ended.job.aggregatedStats).toMatchObject({ recordsEmitted: 500, recordsCommitted: 500 })
    expect(ended.attempts[0].attempt.streamStats).toMatchObject([
      { streamName: 'slow', streamNamespace: 'public', stats: { recordsCommitted: 500 } },
    ])
  })

  it('counts values that a column cannot hold, with an example; asText carries them', async () => {
    await using engine = await testEngine()
    await shop.sql.query(
      `CREATE TABLE moments AS SELECT i AS id, timestamptz 'infinity' AS at FROM generate_series(1, 3) i`,
    )
    const typed = await shop.link(engine.call, { stream: 'moments', destination: { s3_bucket_path: 'typed' } })
    const [entry] = (await sync(engine, typed)).attempts.at(-1).attempt.streamStats
    expect(entry.valuesLeftOut).toEqual([
      { field: 'at', reason: 'SOURCE_SERIALIZATION_ERROR', values: 3, example: 'infinity' },
    ])
    const config = { asText: ['at'] }
    const destination = { s3_bucket_path: 'text', format: { format_type: 'Parquet', metadata_columns: false } }
    const text = await shop.link(engine.call, { stream: 'moments', config, destination })
    const stored = (await engine.call('/connections/get', { connectionId: text })).body.syncCatalog.streams[0]
    expect(stored.config.asText).toEqual(['at'])
    const ended = await sync(engine, text)
    expect(ended.attempts.at(-1).attempt.streamStats[0]).not.toHaveProperty('valuesLeftOut')
    const [key = ''] = await shop.s3.keys('text/')
    const rows = await readByDuckDb(await shop.s3.get(key), 'id, "at"')
    expect(rows).toEqual([1, 2, 3].map((id) => ({ id: String(id), at: 'infinity' })))
  })

  it('warns in its log of rows without a cursor, which it sends once', async () => {
    await using engine = await testEngine()
    await shop.sql.query(
      `CREATE TABLE notes (id int, at timestamptz); INSERT INTO notes VALUES (1, now()), (2, NULL), (3, NULL)`,
    )
    const connectionId = await shop.link(engine.call, {
      stream: 'notes',
      config: { ...incremental, cursorField: ['at'] },
    })
    const first = await sync(engine, connectionId)
    expect(first.job.summary.recordsSynced).toBe(3)
    expect(first.attempts[0].logs.logLines.join('\n')).toMatch(/warning: 2 records have no value in the cursor at/)
    const second = await sync(engine, connectionId)
    expect(second.job.summary.recordsSynced).toBe(0)
    expect(second.attempts[0].logs.logLines.join('\n')).not.toContain('warning')
  })

  it('forgets the state when another cursor is chosen', async () => {
    await using engine = await testEngine()
    const connectionId = await shop.link(engine.call, { config: incremental })
    await sync(engine, connectionId)
    const { syncCatalog } = (await engine.call('/connections/get', { connectionId })).body
    syncCatalog.streams[0].config.cursorField = ['id']
    await engine.call('/connections/update', { connectionId, syncCatalog })
    expect((await engine.call('/state/get', { connectionId })).body.stateType).toBe('not_set')
    expect((await sync(engine, connectionId)).job.summary.recordsSynced).toBe(1000)
  })

  it('runs once per connection; cancelling it ends it, and its process, not only when its read does', async () => {
    // So slow that a cancel which waited for the read would never answer.
    await shop.setPace(10)
    await using engine = await testEngine()
    const connectionId = await shop.link(engine.call, { stream: 'slow' })
    const { job } = (await engine.call('/connections/sync', { connectionId })).body
    await shop.isReadingSlowly()
    expect(await engine.call('/connections/sync', { connectionId })).toMatchObject({
      status: 409,
      body: { message: `A sync is already running for: ${connectionId}` },
    })
    const connectionState = { connectionId, stateType: 'stream', streamState: [] }
    expect(await engine.call('/state/create_or_update_safe', { connectionId, connectionState })).toMatchObject({
      status: 423,
      body: { message: 'State cannot be updated while a sync is running for this connection.' },
    })
    const workers = workersOf(process.pid)
    expect(workers.length).toBeGreaterThan(0)
    const { body } = await engine.call('/jobs/cancel', { id: job.id })
    expect(body.job.status).toBe('cancelled')
    await eventually(() => workers.some((pid) => !isAlive(pid)) || undefined)
    expect(body.attempts[0].attempt).toMatchObject({
      status: 'failed',
      failureSummary: { failures: [{ failureType: 'manual_cancellation' }], partialSuccess: false },
    })
    // A job that has ended is left as it is.
    expect((await engine.call('/jobs/cancel', { id: job.id })).body.job.status).toBe('cancelled')
    await shop.setPace(0)
    expect((await sync(engine, connectionId)).job).toMatchObject({
      status: 'succeeded',
      summary: { recordsSynced: 500 },
    })
  })

  it('whose process is killed fails the attempt, and the next attempt moves the rows', async () => {
    await shop.setPace(0.05)
    await using engine = await testEngine({ retryPolicy: { ...airbyteRetryPolicy, backoffMs: 10 } })
    const connectionId = await shop.link(engine.call, { stream: 'slow' })
    const { job } = (await engine.call('/connections/sync', { connectionId })).body
    await shop.isReadingSlowly()
    await shop.setPace(0)
    for (const pid of workersOf(process.pid)) process.kill(pid, 'SIGKILL')
    const { attempts, job: finished } = await engine.finished(job.id)
    expect(finished.status).toBe('succeeded')
    expect(attempts).toHaveLength(2)
    expect(attempts[0].attempt.failureSummary.failures[0]).toMatchObject({
      failureOrigin: 'replication',
      externalMessage: expect.stringContaining('SIGKILL'),
    })
  })

  it('with a wrong password fails at once and for good, and tells no secret', async () => {
    await using engine = await testEngine()
    const connectionId = await shop.link(engine.call, { source: { password: wrongPassword } })
    const info = await sync(engine, connectionId)
    expect(info.job.status).toBe('failed')
    expect(info.attempts).toHaveLength(1)
    expect(info.attempts[0].attempt.failureSummary.failures[0]).toMatchObject({
      failureOrigin: 'source',
      failureType: 'config_error',
    })
    expect(JSON.stringify(info) + engine.lines.join('')).not.toContain(wrongPassword)
    expect(info.attempts[0].logs.logLines.join('')).toContain('failed')
  })

  it('that fails in passing is incomplete between its attempts, and failed when they are spent', async () => {
    await using engine = await testEngine({
      retryPolicy: { ...airbyteRetryPolicy, maxCompleteFailuresInRow: 2, backoffMs: 10 },
    })
    const destination = { s3_endpoint: 'http://127.0.0.1:1' }
    const info = await sync(engine, await shop.link(engine.call, { destination }))
    expect(info.job.status).toBe('failed')
    expect(info.attempts).toHaveLength(2)
    expect(info.attempts[1].attempt.failureSummary.failures[0]).toMatchObject({
      failureOrigin: 'destination',
      failureType: 'transient_error',
    })
  })

  it('waits for a free worker, and may be cancelled while it waits', async () => {
    await shop.setPace(0.05)
    await using engine = await testEngine({ workers: 1 })
    const running = (
      await engine.call('/connections/sync', { connectionId: await shop.link(engine.call, { stream: 'slow' }) })
    ).body
    const queue = async () =>
      (await engine.call('/connections/sync', { connectionId: await shop.link(engine.call) })).body
    const [next, unwanted] = [await queue(), await queue()]
    expect([running, next, unwanted].map(({ job }) => job.status)).toEqual(['running', 'pending', 'pending'])
    expect((await engine.call('/jobs/cancel', { id: unwanted.job.id })).body.job.status).toBe('cancelled')
    await engine.call('/jobs/cancel', { id: running.job.id })
    expect((await engine.finished(next.job.id)).job).toMatchObject({ status: 'succeeded' })
    await shop.setPace(0)
  })
})
