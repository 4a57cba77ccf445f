import '../setup.ts'
import { describe, expect, it } from 'vitest'
import { handler as poll } from '../../../functions/poll/handler.ts'
import type { WaitState } from '../../../lib/ingestion/waiting/decide-poll.ts'
import { useAirbyte } from '../setup.ts'

const state = (more: Partial<WaitState> = {}): WaitState => ({
  jobId: 1,
  connectionId: 'c',
  startedAt: new Date().toISOString(),
  deadline: new Date(Date.now() + 86_400_000).toISOString(),
  polls: 0,
  onTimeout: 'cancel',
  failOnEmpty: false,
  ...more,
})
const step = (input: WaitState) =>
  poll(input as never, { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 } as never)
const past = { deadline: new Date(Date.now() - 1000).toISOString() }

describe('poll', () => {
  it('waits by the history of the connection', async () => {
    await using airbyte = await useAirbyte()
    airbyte.addJob('c')
    const at = airbyte.state.nowSeconds()
    for (const seconds of [100, 200, 300])
      airbyte.addJob('c', { status: 'succeeded', createdAt: at - 1000, updatedAt: at - 1000 + seconds })
    expect(await step(state())).toMatchObject({ next: 'wait', expectedSeconds: 200, waitSeconds: 170, polls: 1 })
  })

  it('costs one light read when it goes on', async () => {
    await using airbyte = await useAirbyte()
    airbyte.addJob('c')
    await step(state({ polls: 5 }))
    expect(airbyte.requests).toEqual(['/jobs/get_light'])
  })

  it('ends with the event', async () => {
    await using airbyte = await useAirbyte()
    airbyte.addJob('c', { status: 'succeeded', records: 3, streams: true })
    expect(await step(state())).toMatchObject({
      next: 'succeed',
      outcome: 'SUCCEEDED',
      event: { version: 1, jobId: 1, recordsSynced: 3, streamsOmitted: 0, streams: [{ name: 'orders' }] },
    })
  })

  it('cancels at the deadline, and calls it a time-out', async () => {
    await using airbyte = await useAirbyte()
    airbyte.addJob('c')
    expect(await step(state(past))).toMatchObject({ next: 'fail', outcome: 'TIMED_OUT' })
    expect(airbyte.state.jobs[0]?.status).toBe('cancelled')
  })

  it('cancels no other job of the connection, and gives up after a while', async () => {
    await using airbyte = await useAirbyte()
    airbyte.addJob('c', { status: 'incomplete' })
    airbyte.addJob('c', { status: 'running' })
    expect(await step(state(past))).toMatchObject({ next: 'wait', stopAskedAt: expect.any(String) })
    const stopAskedAt = new Date(Date.now() - 121_000).toISOString()
    expect(await step(state({ ...past, stopAskedAt }))).toMatchObject({ next: 'fail', outcome: 'TIMED_OUT' })
    expect(airbyte.requests).not.toContain('/jobs/cancel')
  })

  it.each([
    ['a cancel that fails is asked for again', { status: 500 }],
    ['a cancel whose answer is lost is asked for again', { cut: true }],
  ])('%s', async (_, fault) => {
    await using airbyte = await useAirbyte()
    airbyte.addJob('c')
    airbyte.fail('/jobs/cancel', fault)
    const asked = (await step(state(past))) as WaitState & { next: string }
    expect(asked).toMatchObject({ next: 'wait', stopAskedAt: expect.any(String) })
    expect(await step(asked)).toMatchObject({ next: 'fail', outcome: 'TIMED_OUT' })
    expect(airbyte.state.jobs[0]?.status).toBe('cancelled')
  })

  it('leaves it running when told to', async () => {
    await using airbyte = await useAirbyte()
    airbyte.addJob('c')
    expect(await step(state({ ...past, onTimeout: 'detach' }))).toMatchObject({ next: 'fail', outcome: 'TIMED_OUT' })
    expect(airbyte.state.jobs[0]?.status).toBe('running')
  })

  it.each([
    ['a job that vanished', 'vanished'],
    ["another Airbyte's job of that number", 'other'],
    ['an Airbyte that is down', 'down'],
    ['settings that are missing', 'settings'],
  ])('%s is unreadable, not failed', async (_, what) => {
    await using airbyte = await useAirbyte()
    if (what === 'other') airbyte.addJob('d')
    if (what === 'down') airbyte.fail('/jobs/get_light', { cut: true }, { cut: true }, { cut: true })
    if (what === 'settings') process.env.AIRBYTE_AUTH = 'nonsense'
    expect(await step(state())).toMatchObject({ next: 'wait', unreadableSince: expect.any(String) })
  })
})
