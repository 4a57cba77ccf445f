import './setup.ts'
import { describe, expect, it } from 'vitest'
import { handler as sync } from '../../functions/sync/handler.ts'
import { cancelSync, getSyncLogs, listSyncs } from '../../lib/http/contracts/sync.ts'
import { type ProfileName, profiles } from '../support/airbyte/profile.ts'
import { call } from '../support/api-event.ts'
import { connect } from '../support/connection.ts'
import { useAirbyte } from './setup.ts'

const start = (connectionId: string, body: object = {}, query?: Record<string, string>) =>
  call(sync, 'POST /sync', { body: { connectionId, ...body }, ...(query ? { query } : {}) })
const cancel = (jobId: unknown) => call(sync, 'DELETE /sync/{jobId}', { path: { jobId: String(jobId) } })
const sent = (airbyte: Awaited<ReturnType<typeof useAirbyte>>) =>
  airbyte.bodies.filter(({ path }) => path.startsWith('/connections/') && path !== '/connections/get')

describe('when a sync is running', () => {
  it.each([
    ['attach', 202, { jobId: 1, attached: true }],
    ['skip', 200, { jobId: 1, skipped: true }],
    ['fail', 409, { code: 'sync_running', jobId: 1 }],
  ])('ifRunning=%s answers %i', async (ifRunning, status, body) => {
    await using airbyte = await useAirbyte()
    const connectionId = connect(airbyte)
    airbyte.addJob(connectionId)
    expect(await start(connectionId, {}, { ifRunning })).toMatchObject({ status, body })
    expect(
      await call(sync, 'POST /ingestion/{id}/sync', { path: { id: connectionId }, text: null, query: { ifRunning } }),
    ).toMatchObject({ status, body })
    expect(airbyte.state.jobs).toHaveLength(1)
  })

  it('the newest of several is attached to, whatever its status is called', async () => {
    await using airbyte = await useAirbyte()
    const connectionId = connect(airbyte)
    for (const status of ['running', 'incomplete', 'queued']) airbyte.addJob(connectionId, { status })
    expect(await start(connectionId)).toMatchObject({ status: 202, body: { jobId: 3, attached: true } })
  })

  it('a job that has ended is never attached to', async () => {
    await using airbyte = await useAirbyte()
    const connectionId = connect(airbyte)
    airbyte.addJob(connectionId, { status: 'succeeded' })
    expect(await start(connectionId)).toMatchObject({ body: { jobId: 2, attached: false } })
  })

  it('a sync asked for during a clear starts when that has ended', async () => {
    await using airbyte = await useAirbyte()
    const connectionId = connect(airbyte)
    const clear = airbyte.addJob(connectionId, { configType: 'clear' })
    const answer = start(connectionId)
    await expect.poll(() => airbyte.requests.filter((path) => path === '/connections/sync').length).toBe(2)
    clear.status = 'succeeded'
    expect(await answer).toMatchObject({ status: 202, body: { jobId: 2, attached: false } })
  })

  it('a refresh is not taken for done by the sync that runs', async () => {
    await using airbyte = await useAirbyte()
    const connectionId = connect(airbyte)
    airbyte.addJob(connectionId)
    expect(await start(connectionId, { job: 'refresh' })).toMatchObject({
      status: 409,
      body: { code: 'sync_running', jobId: 1 },
    })
  })
})

describe('kinds of jobs', () => {
  const orders = [{ name: 'orders', namespace: 'public' }]
  const streams = [{ streamName: 'orders', streamNamespace: 'public' }]
  it.each([
    ['all anew', { job: 'refresh' }, '/connections/refresh', { refreshMode: 'Merge' }],
    ['some streams anew', { streams: orders }, '/connections/refresh', { refreshMode: 'Merge', streams }],
    [
      'and without the old rows',
      { job: 'refresh', refreshMode: 'truncate' },
      '/connections/refresh',
      { refreshMode: 'Truncate' },
    ],
    ['emptied', { job: 'clear' }, '/connections/clear', {}],
    ['some streams emptied', { job: 'clear', streams: orders }, '/connections/clear/stream', { streams }],
  ])('%s', async (_, body, path, expected) => {
    await using airbyte = await useAirbyte()
    const connectionId = connect(airbyte)
    expect(await start(connectionId, body)).toMatchObject({ status: 202, body: { jobId: 1 } })
    expect(sent(airbyte)).toEqual([{ path, body: { connectionId, ...expected } }])
    expect(airbyte.violations).toEqual([])
  })

  it('streams that the ingestion does not have are refused where they were named', async () => {
    await using airbyte = await useAirbyte()
    airbyte.fail('/connections/refresh', { status: 422, body: '{"message":"no stream orders"}' })
    expect(await start(connect(airbyte), { streams: orders })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/streams', message: 'Airbyte answered 422: no stream orders' }] },
    })
  })

  it('a generation without refresh says so', async () => {
    await using airbyte = await useAirbyte({ profile: '0.40.32' })
    expect(await start(connect(airbyte), { streams: orders })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('1.0'), errors: [{ pointer: '/job' }] },
    })
    expect(airbyte.state.jobs).toEqual([])
  })

  it('a generation without clear resets instead', async () => {
    await using airbyte = await useAirbyte({ profile: '0.40.32' })
    expect(await start(connect(airbyte), { job: 'clear' })).toMatchObject({ status: 202 })
    expect(airbyte.state.jobs).toMatchObject([{ configType: 'reset_connection' }])
  })

  it('a refresh of an unknown ingestion is 404, not a missing generation', async () => {
    await using _ = await useAirbyte()
    expect(await start(crypto.randomUUID(), { job: 'refresh' })).toMatchObject({
      status: 404,
      body: { errors: [{ pointer: '/connectionId' }] },
    })
  })

  it.each([
    [{ job: 'sync', streams: orders }, '/streams'],
    [{ job: 'reset' }, '/job'],
    [{ maxDuration: 0 }, '/maxDuration'],
    [{ maxDuration: 'P8D' }, '/maxDuration'],
    [{ maxDuration: 'soon' }, '/maxDuration'],
    [{ maxDuration: 1.5 }, '/maxDuration'],
    [{ onTimeout: 'kill' }, '/onTimeout'],
    [{ failOnEmpty: 'yes' }, '/failOnEmpty'],
    [{ streams: [] }, '/streams'],
  ])('%j is refused at %s', async (body, pointer) => {
    await using airbyte = await useAirbyte()
    expect(await start(connect(airbyte), body)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } })
    expect(airbyte.state.jobs).toEqual([])
  })
})

describe.each(Object.keys(profiles) as ProfileName[])('cancelling, against %s', (profile) => {
  it('stops the job that runs', async () => {
    await using airbyte = await useAirbyte({ profile })
    const connectionId = connect(airbyte)
    airbyte.addJob(connectionId)
    const answer = await cancel(1)
    expect(answer).toMatchObject({ status: 202, headers: { location: '/sync/1' } })
    expect(cancelSync.answer.parse(answer.body)).toEqual({ jobId: 1, connectionId, status: 'cancelled' })
    expect(airbyte.violations).toEqual([])
  })

  it.each(['succeeded', 'failed', 'cancelled'])('a job that is %s is a 409 that says so', async (status) => {
    await using airbyte = await useAirbyte({ profile })
    airbyte.addJob(connect(airbyte), { status })
    expect(await cancel(1)).toMatchObject({
      status: 409,
      body: { detail: `Job 1 has ended already: ${status}.`, jobStatus: status },
    })
    expect(airbyte.requests).not.toContain('/jobs/cancel')
  })
})

describe('cancelling', () => {
  it('does not stop another job in its place', async () => {
    await using airbyte = await useAirbyte()
    const connectionId = connect(airbyte)
    airbyte.addJob(connectionId, { status: 'incomplete' })
    airbyte.addJob(connectionId)
    expect(await cancel(1)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('job 2') } })
    expect(airbyte.state.jobs[1]?.status).toBe('running')
  })

  it('an answer that got lost is no failure when the job shows it', async () => {
    await using airbyte = await useAirbyte()
    airbyte.addJob(connect(airbyte))
    airbyte.fail('/jobs/cancel', { cut: true, after: true })
    expect(await cancel(1)).toMatchObject({ status: 202, body: { status: 'cancelled' } })
  })

  it('an unknown job is 404', async () => {
    await using _ = await useAirbyte()
    expect(await cancel(7)).toMatchObject({ status: 404, body: { code: 'job_not_found' } })
  })
})

describe.each(Object.keys(profiles) as ProfileName[])('the last syncs, against %s', (profile) => {
  it('come newest first, by pages', async () => {
    await using airbyte = await useAirbyte({ profile })
    const id = connect(airbyte)
    for (const status of ['succeeded', 'failed', 'running']) airbyte.addJob(id, { status, records: 1, streams: true })
    const list = (query: Record<string, string>) => call(sync, 'GET /ingestion/{id}/sync', { path: { id }, query })
    const first = listSyncs.answer.parse((await list({ limit: '2' })).body)
    expect(first.items.map(({ jobId, outcome }) => [jobId, outcome])).toEqual([
      [3, undefined],
      [2, 'FAILED'],
    ])
    const second = listSyncs.answer.parse((await list({ limit: '2', cursor: first.cursor ?? '' })).body)
    expect(second).toMatchObject({ items: [{ jobId: 1, outcome: 'SUCCEEDED' }] })
    expect(second).not.toHaveProperty('cursor')
    expect(airbyte.violations).toEqual([])
  })
})

describe('logs', () => {
  const logs = (jobId: number, query?: Record<string, string>) =>
    call(sync, 'GET /sync/{jobId}/logs', { path: { jobId: String(jobId) }, ...(query ? { query } : {}) })

  it('end with the last lines, secrets masked', async () => {
    await using airbyte = await useAirbyte()
    const log = [...Array.from({ length: 500 }, (_, index) => `line ${index}`), 'config {"password":"canary-9"}']
    airbyte.addJob(connect(airbyte), { status: 'failed', log })
    const answer = getSyncLogs.answer.parse((await logs(1)).body)
    expect(answer).toMatchObject({ jobId: 1, attempt: 0, isCut: true })
    expect(answer.lines).toHaveLength(200)
    expect(answer.lines.slice(-2)).toEqual(['line 499', 'config {"password":"**********"}'])
    expect((await logs(1, { tail: '1' })).body.lines).toHaveLength(1)
    expect((await logs(1, { tail: '1000' })).body).toMatchObject({ isCut: false })
  })

  it.each(['0', '1001', 'x', '1.5'])('tail=%s is refused', async (tail) => {
    await using airbyte = await useAirbyte()
    airbyte.addJob(connect(airbyte))
    expect(await logs(1, { tail })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/tail' }] } })
  })

  it('of an unknown job are 404', async () => {
    await using _ = await useAirbyte()
    expect((await logs(7)).status).toBe(404)
  })

  it('are the only reason to fetch logs: reading and polling do without', async () => {
    await using airbyte = await useAirbyte()
    airbyte.addJob(connect(airbyte), { status: 'succeeded' })
    await call(sync, 'GET /sync/{jobId}', { path: { jobId: '1' } })
    expect(airbyte.requests).not.toContain('/jobs/get')
  })
})
