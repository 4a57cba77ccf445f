import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { airbyteRetryPolicy } from '../../../lib/engine/jobs/retry-policy.ts'
import { eventually } from '../../support/eventually.ts'
import { s3Gate } from './s3-gate.ts'
import { type Shop, startShop } from './shop.ts'
import { type TestEngine, testEngine } from './test-engine.ts'

let shop: Shop
beforeAll(async () => {
  shop = await startShop()
})
afterAll(() => shop?.stop())

const quick = { ...airbyteRetryPolicy, backoffMs: 10 }
const start = async (engine: TestEngine, connectionId: string) =>
  (await engine.call('/connections/sync', { connectionId })).body.job.id as number
const sync = async (engine: TestEngine, connectionId: string) => engine.finished(await start(engine, connectionId))
// biome-ignore lint/suspicious/noExplicitAny: an answer, read member by member
const lastFailure = (info: any) => info.attempts.at(-1).attempt.failureSummary.failures[0]

/** A database of its own with the view that reads slowly, and the role that reads it. */
const ownDatabase = async (name: string, pace = 0.05) => {
  await shop.sql.query(`CREATE DATABASE ${name}`)
  await shop.sql.query(`CREATE ROLE ${name}_reader LOGIN PASSWORD 'first-password'`)
  const { host, port, username: user, password } = shop.postgres
  const sql = new pg.Client({ host, port, database: name, user, password })
  await sql.connect()
  await sql.query(`CREATE TABLE pace (seconds float8 NOT NULL); INSERT INTO pace VALUES (${pace});
    CREATE VIEW slow AS SELECT i AS id, pg_sleep((SELECT seconds FROM pace))::text AS slept FROM generate_series(1, 500) i;
    GRANT SELECT ON pace, slow TO ${name}_reader`)
  await sql.end()
  return { database: name, username: `${name}_reader`, password: 'first-password' }
}

const hurry = async (database: string) => {
  const { host, port, username: user, password } = shop.postgres
  const sql = new pg.Client({ host, port, database, user, password })
  await sql.connect()
  await sql.query('UPDATE pace SET seconds = 0')
  await sql.end()
}

describe('a sync fails with a reason that names the cause, and the next one recovers, when the store', () => {
  let gate: Awaited<ReturnType<typeof s3Gate>>
  let engine: TestEngine
  let connectionId: string
  let destinationId: string
  beforeAll(async () => {
    gate = await s3Gate(shop.s3.endpoint)
    engine = await testEngine({ retryPolicy: { ...quick, maxCompleteFailuresInRow: 1 } })
    const destination = { s3_endpoint: gate.endpoint, s3_bucket_path: 'gated' }
    connectionId = await shop.link(engine.call, { destination, config: { destinationSyncMode: 'overwrite' } })
    destinationId = (await engine.call('/connections/get', { connectionId })).body.destinationId
    await sync(engine, connectionId)
  })
  const waitFor = (request_timeout_seconds: number) =>
    engine.call('/destinations/partial_update', { destinationId, connectionConfiguration: { request_timeout_seconds } })
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]()
    await gate?.[Symbol.asyncDispose]()
  })

  it.each([
    ['answers 500', 'fail', 'transient_error', /failed while .*: 500 InternalError/],
    ['hangs', 'hang', 'transient_error', /did not answer within 300 ms/],
    ['does not know the key any more', 'forbid', 'config_error', /access_key_id is not known/],
    ['has lost the bucket', 'vanish', 'config_error', /no such bucket/],
  ] as const)('%s', async (_, mode, failureType, reason) => {
    const before = await shop.s3.keys('gated/')
    expect(before).toHaveLength(1)
    gate.become(mode)
    if (mode === 'hang') await waitFor(0.3)
    const failed = await sync(engine, connectionId)
    expect(failed.job.status).toBe('failed')
    const externalMessage = expect.stringMatching(reason)
    expect(lastFailure(failed)).toMatchObject({ failureOrigin: 'destination', failureType, externalMessage })
    // The old data stays until the new is whole.
    expect(await shop.s3.keys('gated/')).toEqual(before)
    gate.become('pass')
    await waitFor(60)
    const summary = { recordsSynced: 1000 }
    expect((await sync(engine, connectionId)).job).toMatchObject({ status: 'succeeded', summary })
    const after = await shop.s3.keys('gated/')
    expect(after).toHaveLength(1)
    expect(after).not.toEqual(before)
  })
})

describe('a sync fails with a reason that names the cause, and the next one recovers, when', () => {
  it('the database vanishes in the middle', async () => {
    const source = await ownDatabase('vanishing')
    await using engine = await testEngine({ retryPolicy: quick })
    const connectionId = await shop.link(engine.call, { stream: 'slow', source })
    const jobId = await start(engine, connectionId)
    await shop.isReadingSlowly()
    await shop.sql.query('DROP DATABASE vanishing WITH (FORCE)')
    const failed = await engine.finished(jobId)
    expect(failed.job.status).toBe('failed')
    // Lost in passing, as far as the first attempt can know; the second finds out.
    expect(failed.attempts[0].attempt.failureSummary.failures[0]).toMatchObject({ failureType: 'transient_error' })
    expect(lastFailure(failed)).toMatchObject({
      failureOrigin: 'source',
      failureType: 'config_error',
      externalMessage: expect.stringContaining('database is "vanishing": no such database'),
    })
    await shop.sql.query('DROP ROLE vanishing_reader')
    await ownDatabase('vanishing', 0)
    expect((await sync(engine, connectionId)).job).toMatchObject({ status: 'succeeded' })
  })

  it('the password is revoked in the middle', async () => {
    const source = await ownDatabase('guarded')
    await using engine = await testEngine({ retryPolicy: quick })
    const connectionId = await shop.link(engine.call, { stream: 'slow', source })
    const jobId = await start(engine, connectionId)
    await shop.isReadingSlowly()
    await shop.sql.query(`ALTER ROLE guarded_reader PASSWORD 'second-password'`)
    await shop.sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'guarded_reader'`)
    const failed = await engine.finished(jobId)
    expect(failed.job.status).toBe('failed')
    expect(lastFailure(failed)).toMatchObject({
      failureOrigin: 'source',
      failureType: 'config_error',
      externalMessage: expect.stringMatching(/refused the password of user "guarded_reader"/),
    })
    await hurry('guarded')
    const { body } = await engine.call('/connections/get', { connectionId })
    await engine.call('/sources/partial_update', {
      sourceId: body.sourceId,
      connectionConfiguration: { password: 'second-password' },
    })
    expect((await sync(engine, connectionId)).job).toMatchObject({ status: 'succeeded' })
    expect(JSON.stringify(failed) + engine.lines.join('')).not.toMatch(/(first|second)-password/)
  })

  it('the destination database refuses the password, or vanishes, in the middle', async () => {
    await shop.sql.query(`CREATE ROLE vault_writer LOGIN PASSWORD 'first-password'`)
    await shop.sql.query('CREATE DATABASE vault OWNER vault_writer')
    const { host, port } = shop.postgres
    const password = 'first-password'
    await using engine = await testEngine({ retryPolicy: quick })
    const connectionId = await shop.link(engine.call, {
      ...{ stream: 'slow', config: { destinationSyncMode: 'overwrite' } },
      toPostgres: { host, port, database: 'vault', username: 'vault_writer', password },
    })
    const failsWhen = async (...statements: string[]) => {
      await shop.setPace(0.003)
      const jobId = await start(engine, connectionId)
      await shop.isReadingSlowly()
      for (const statement of statements) await shop.sql.query(statement)
      const failed = await engine.finished(jobId)
      expect(failed.job.status).toBe('failed')
      await shop.setPace(0)
      return lastFailure(failed)
    }
    const refused = await failsWhen(
      `ALTER ROLE vault_writer PASSWORD 'second-password'`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'vault_writer'`,
    )
    expect(refused).toMatchObject({
      ...{ failureOrigin: 'destination', failureType: 'config_error' },
      externalMessage: expect.stringContaining('refused the password of user "vault_writer"'),
    })
    const { destinationId } = (await engine.call('/connections/get', { connectionId })).body
    const connectionConfiguration = { password: 'second-password' }
    await engine.call('/destinations/partial_update', { destinationId, connectionConfiguration })
    expect((await sync(engine, connectionId)).job).toMatchObject({ status: 'succeeded' })

    expect(await failsWhen('DROP DATABASE vault WITH (FORCE)')).toMatchObject({
      ...{ failureOrigin: 'destination', failureType: 'config_error' },
      externalMessage: expect.stringContaining('database is "vault": no such database'),
    })
    await shop.sql.query('CREATE DATABASE vault OWNER vault_writer')
    expect((await sync(engine, connectionId)).job).toMatchObject({ status: 'succeeded' })
    expect(engine.lines.join('')).not.toMatch(/(first|second)-password/)
  })
})

describe('a sync is cancelled', () => {
  const statusOf = async (engine: TestEngine, id: number) => (await engine.call('/jobs/get', { id })).body.job.status

  it('before its process has begun, in a write that hangs, and between two attempts, also after a restart', async () => {
    await using gate = await s3Gate(shop.s3.endpoint)
    await using engine = await testEngine({ retryPolicy: { ...airbyteRetryPolicy, backoffMs: 600_000 } })
    const destination = { s3_endpoint: gate.endpoint, s3_bucket_path: 'cancelled' }
    const connectionId = await shop.link(engine.call, { destination })
    const cancel = async (id: number) => (await engine.call('/jobs/cancel', { id })).body

    gate.become('hang')
    const early = await cancel(await start(engine, connectionId))
    expect(early.job.status).toBe('cancelled')

    const hanging = await start(engine, connectionId)
    await eventually(async () => {
      const { body } = await engine.call('/jobs/get', { id: hanging })
      return body.attempts[0]?.attempt.recordsSynced === 1000 || undefined
    })
    const ended = await cancel(hanging)
    expect(ended.job.status).toBe('cancelled')
    expect(ended.attempts[0].attempt.failureSummary.failures[0]).toMatchObject({ failureType: 'manual_cancellation' })

    gate.become('fail')
    const failing = await start(engine, connectionId)
    await eventually(async () => (await statusOf(engine, failing)) === 'incomplete' || undefined)
    await engine.restart()
    expect(await statusOf(engine, failing)).toBe('incomplete')
    expect((await engine.call('/connections/sync', { connectionId })).status).toBe(409)
    const waiting = await cancel(failing)
    expect(waiting.job.status).toBe('cancelled')
    expect(waiting.attempts).toHaveLength(1)

    expect(await shop.s3.keys('cancelled/')).toEqual([])
    gate.become('pass')
    expect((await sync(engine, connectionId)).job).toMatchObject({ status: 'succeeded' })
    expect(await shop.s3.keys('cancelled/')).toHaveLength(1)
  })
})
