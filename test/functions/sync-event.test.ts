import './setup.ts'
import { describe, expect, it } from 'vitest'
import { handler as sync } from '../../functions/sync/handler.ts'
import { connect } from '../support/connection.ts'
import { useTable } from '../support/table.ts'
import { useAirbyte } from './setup.ts'

const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 } as never
const fire = async (event: unknown) => (await sync(event, context)) as { results: Record<string, unknown>[] }
const starts = (airbyte: { requests: string[] }) =>
  airbyte.requests.filter((path) => path === '/connections/sync').length

describe('an event', () => {
  it.each([
    ['of a rule', (id: string) => ({ connectionId: id, eventId: 'e1', time: '2025-01-01T00:00:00Z' })],
    ['of a schedule', (id: string) => ({ connectionIds: [id], eventId: 'e1', time: '2025-01-01T00:00:00Z' })],
    [
      'of EventBridge as it is',
      (id: string) => ({
        id: 'e1',
        time: 'x',
        'detail-type': 'Sync Wanted',
        source: 'app',
        detail: { connectionId: id },
      }),
    ],
    ['of a program', (id: string) => ({ connectionId: id })],
  ])('%s starts a sync', async (_, event) => {
    await using airbyte = await useAirbyte()
    await using _table = await useTable()
    const connectionId = connect(airbyte)
    expect(await fire(event(connectionId))).toEqual({ results: [{ jobId: 1, connectionId, attached: false }] })
    expect(airbyte.violations).toEqual([])
  })

  it('delivered twice starts one sync, also when that has ended meanwhile', async () => {
    await using airbyte = await useAirbyte()
    await using _ = await useTable()
    const event = { connectionId: connect(airbyte), eventId: 'e1' }
    const first = await fire(event)
    Object.assign(airbyte.state.jobs[0] ?? {}, { status: 'succeeded' })
    expect(await fire(event)).toEqual(first)
    expect(starts(airbyte)).toBe(1)
    await fire({ ...event, eventId: 'e2' })
    expect(starts(airbyte)).toBe(2)
  })

  it('delivered twice at the same instant starts one sync', async () => {
    await using airbyte = await useAirbyte()
    await using _ = await useTable()
    const event = { connectionId: connect(airbyte), eventId: 'e1' }
    const both = await Promise.allSettled([fire(event), fire(event)])
    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true)
    expect(starts(airbyte)).toBe(1)
    expect((await fire(event)).results).toMatchObject([{ jobId: 1 }])
  })

  it('whose start was not answered finds on its repetition what it had started, though that has ended', async () => {
    await using airbyte = await useAirbyte()
    await using _ = await useTable()
    const event = { connectionId: connect(airbyte), eventId: 'e1' }
    airbyte.fail('/connections/sync', { cut: true, after: true })
    // The looks before the start are answered, those after it are not.
    airbyte.pass('/jobs/list', 2)
    airbyte.fail('/jobs/list', ...Array.from({ length: 20 }, () => ({ status: 500 })))
    await expect(fire(event)).rejects.toThrow(/tried again/)
    expect(airbyte.state.jobs).toHaveLength(1)
    Object.assign(airbyte.state.jobs[0] ?? {}, { status: 'succeeded' })
    airbyte.mend('/jobs/list')
    expect((await fire(event)).results).toMatchObject([{ jobId: 1, attached: false }])
    expect(starts(airbyte)).toBe(1)
  })

  it('for several connections tries each, and throws in the end when one is to be tried again', async () => {
    await using airbyte = await useAirbyte()
    await using _ = await useTable()
    const connectionIds = [connect(airbyte), connect(airbyte, 'inactive'), crypto.randomUUID(), connect(airbyte)]
    const event = { connectionIds, eventId: 'e1' }
    airbyte.fail('/connections/sync', { status: 401 })
    await expect(fire(event)).rejects.toThrow(/1 of 4/)
    const { results } = await fire(event)
    expect(results).toMatchObject([
      { jobId: expect.any(Number) },
      { error: { code: 'ingestion_inactive', isPassing: false } },
      { error: { code: 'not_found', isPassing: false } },
      { jobId: expect.any(Number) },
    ])
    expect(airbyte.state.jobs).toHaveLength(2)
  })

  it('that nothing can wait for is tried again, and then attaches', async () => {
    await using airbyte = await useAirbyte()
    process.env.WAIT_STATE_MACHINE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:wait'
    process.env.AWS_ENDPOINT_URL_SFN = 'http://127.0.0.1:1'
    const connectionId = connect(airbyte)
    await expect(fire({ connectionId })).rejects.toThrow(/tried again/)
    process.env.WAIT_STATE_MACHINE_ARN = ''
    expect(await fire({ connectionId })).toEqual({ results: [{ jobId: 1, connectionId, attached: true }] })
  })

  it('takes options', async () => {
    await using airbyte = await useAirbyte()
    const connectionId = connect(airbyte)
    airbyte.addJob(connectionId)
    expect(await fire({ connectionId, ifRunning: 'skip', maxDuration: 'PT2H', failOnEmpty: true })).toEqual({
      results: [{ skipped: true, jobId: 1, connectionId }],
    })
  })

  it.each([
    [{}],
    [null],
    [{ connectionId: 'a', connectionIds: ['b'] }],
    [{ connectionIds: [] }],
    [{ connectionId: 'a', other: 1 }],
    [{ connectionId: 'a', maxDuration: 'P9D' }],
  ])('%j is refused', async (event) => {
    await using _ = await useAirbyte()
    await expect(fire(event)).rejects.toMatchObject({ code: 'invalid_input' })
  })
})
