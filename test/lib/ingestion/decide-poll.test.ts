import { describe, expect, it } from 'vitest'
import type { Job } from '../../../lib/airbyte/jobs.ts'
import type { AttemptRead, JobRead } from '../../../lib/airbyte/types.ts'
import {
  decidePoll,
  expectedSeconds,
  type Said,
  shouldCancel,
  type WaitState,
} from '../../../lib/ingestion/decide-poll.ts'

const start = Date.parse('2025-01-01T00:00:00Z')
const at = (seconds: number) => new Date(start + seconds * 1000)
const state = (more: Partial<WaitState> = {}): WaitState => ({
  jobId: 7,
  connectionId: 'c',
  startedAt: at(0).toISOString(),
  deadline: at(86_400).toISOString(),
  polls: 3,
  onTimeout: 'cancel',
  failOnEmpty: false,
  ...more,
})
const read = (status: string): JobRead => ({ id: 7, configId: 'c', status, createdAt: start / 1000 })
const going = (status = 'running'): Said => ({ kind: 'going', read: read(status) })
const attempt = (more: Partial<AttemptRead> = {}): AttemptRead => ({ id: 0, status: 'succeeded', ...more })
const ended = (status: string, attempts: readonly AttemptRead[] = []): Said => ({
  kind: 'ended',
  job: { read: read(status), attempts } satisfies Job,
})
const moved = attempt({
  recordsSynced: 10,
  bytesSynced: 100,
  streamStats: [{ streamName: 'orders', stats: { recordsEmitted: 10, bytesEmitted: 100 } }],
})
const nothingMoved = attempt({
  streamStats: [{ streamName: 'orders', stats: { recordsEmitted: 0 } }],
  recordsSynced: 0,
})
const failed = (type: string, more: Partial<AttemptRead['failureSummary']> = {}) =>
  attempt({
    status: 'failed',
    totalStats: { recordsCommitted: 5 },
    failureSummary: {
      failures: [{ failureOrigin: 'source', failureType: type, externalMessage: 'no such table' }],
      ...more,
    },
  })

describe('a job that ended', () => {
  it.each([
    ['succeeded with rows', ended('succeeded', [moved]), false, 'succeed', 'SUCCEEDED'],
    ['succeeded without rows, streams told', ended('succeeded', [nothingMoved]), true, 'succeed', 'SUCCEEDED'],
    ['succeeded, but nothing told anything', ended('succeeded', [attempt()]), false, 'succeed', 'SUSPECT'],
    ['the same, asked to fail on that', ended('succeeded', [attempt()]), true, 'fail', 'SUSPECT'],
    ['succeeded without any attempt', ended('succeeded'), false, 'succeed', 'SUSPECT'],
    ['failed', ended('failed', [failed('system_error')]), false, 'fail', 'FAILED'],
    ['failed without a reason', ended('failed'), false, 'fail', 'FAILED'],
    ['failed in part', ended('failed', [failed('system_error', { partialSuccess: true })]), false, 'fail', 'PARTIAL'],
    ['cancelled by somebody', ended('cancelled', [failed('manual_cancellation')]), false, 'fail', 'CANCELLED'],
  ] as const)('%s', (_, said, failOnEmpty, next, outcome) => {
    const decision = decidePoll(state({ failOnEmpty }), said, at(60))
    expect(decision).toMatchObject({ next, outcome, polls: 4, event: { version: 1, jobId: 7, outcome } })
    if (decision.next === 'fail') expect(decision).toMatchObject({ error: outcome, cause: expect.any(String) })
  })

  it('success after the deadline is success', () =>
    expect(decidePoll(state(), ended('succeeded', [moved]), at(90_000)).next).toBe('succeed'))

  it('the reason says whether another try can help', () => {
    expect(decidePoll(state(), ended('failed', [failed('config_error')]), at(60))).toMatchObject({
      cause: 'no such table',
      event: { failure: { origin: 'source', type: 'config_error', retryable: false } },
    })
    expect(decidePoll(state(), ended('failed', [failed('transient_error')]), at(60))).toMatchObject({
      event: { failure: { retryable: true } },
    })
  })

  it('the event holds at most 100 streams, failed ones first', () => {
    const streamStats = Array.from({ length: 150 }, (_, index) => ({
      streamName: `s${index}`,
      stats: { recordsEmitted: index },
    }))
    const bad = { failures: [{ failureType: 'system_error', streamDescriptor: { name: 's3' } }] }
    const decision = decidePoll(state(), ended('failed', [attempt({ streamStats, failureSummary: bad })]), at(60))
    if (decision.next === 'wait') throw new Error('expected an end')
    expect(decision.event.streams).toHaveLength(100)
    expect(decision.event.streamsOmitted).toBe(50)
    expect(decision.event.streams.slice(0, 2)).toMatchObject([{ name: 's3', status: 'failed' }, { name: 's149' }])
    expect(JSON.stringify(decision).length).toBeLessThan(64 * 1024)
  })
})

describe('a job that goes on', () => {
  it.each(['pending', 'queued', 'running', 'incomplete', 'a word of tomorrow'])('%s waits', (status) =>
    expect(decidePoll(state(), going(status), at(60)).next).toBe('wait'),
  )

  it.each([
    ['without history: at least 5 s', 0, undefined, 5],
    ['without history: a tenth of the time gone', 1000, undefined, 100],
    ['without history: never above 5 minutes', 80_000, undefined, 300],
    ['with history: one wait until 85 %', 0, 200, 170],
    ['with history: never above 5 minutes', 0, 3600, 300],
    ['with history: then 2 % steps', 3100, 3600, 72],
    ['with history: late by more than a tenth, as without', 4000, 3600, 300],
    ['a sync known to take 10 s is looked at each second near its end', 9, 10, 1],
    ['a sync known to take no time', 0, 0, 1],
    ['a clock that runs behind', -30, undefined, 5],
    ['never beyond the deadline', 86_390, undefined, 10],
  ])('%s', (_, elapsed, expected, waitSeconds) =>
    expect(
      decidePoll(state(expected === undefined ? {} : { expectedSeconds: expected }), going(), at(elapsed)),
    ).toMatchObject({ next: 'wait', waitSeconds }),
  )

  it('a status that can be read again ends the unreadable time', () =>
    expect(decidePoll(state({ unreadableSince: at(10).toISOString() }), going(), at(60))).not.toHaveProperty(
      'unreadableSince',
    ))

  it.each([
    ['cancel', true],
    ['detach', false],
  ] as const)('at the deadline with %s', (onTimeout, cancels) => {
    const late = state({ onTimeout })
    expect(shouldCancel(late, going(), at(86_399))).toBe(false)
    expect(shouldCancel(late, going(), at(86_400))).toBe(cancels)
    expect(decidePoll(late, going(), at(86_400))).toMatchObject({
      next: 'fail',
      outcome: 'TIMED_OUT',
      error: 'TIMED_OUT',
    })
  })
})

describe('a job that cannot be read', () => {
  const since = at(100).toISOString()
  it.each([
    ['for the first time', {}, 100, { next: 'wait', unreadableSince: since, waitSeconds: 5 }],
    ['for a minute', { unreadableSince: since }, 160, { next: 'wait', unreadableSince: since, waitSeconds: 15 }],
    ['for just under 15 minutes', { unreadableSince: since }, 999, { next: 'wait' }],
    ['for 15 minutes is lost, not failed', { unreadableSince: since }, 1000, { next: 'fail', outcome: 'LOST' }],
    ['past the deadline keeps its own budget', { deadline: at(90).toISOString() }, 100, { next: 'wait' }],
  ] as const)('%s', (_, more, seconds, expected) =>
    expect(decidePoll(state(more), { kind: 'unreadable' }, at(seconds))).toMatchObject(expected),
  )

  it('is never cancelled', () => expect(shouldCancel(state(), { kind: 'unreadable' }, at(90_000))).toBe(false))
})

describe('waiting as a whole', () => {
  /** Polls until a job of that length is seen to have ended. */
  const simulate = (durationSeconds: number, expected?: number) => {
    let now = 0
    let current = state({
      polls: 0,
      deadline: at(8 * 86_400).toISOString(),
      ...(expected ? { expectedSeconds: expected } : {}),
    })
    for (;;) {
      if (now >= durationSeconds) return { polls: current.polls + 1, lagSeconds: now - durationSeconds }
      const decision = decidePoll(current, going(), at(now))
      if (decision.next !== 'wait') throw new Error(decision.outcome)
      current = decision
      now += decision.waitSeconds
    }
  }

  it.each([
    ['an hour with exact history', 3600, 3600, 20, 72],
    ['an hour that history calls half', 3600, 1800, 38, 300],
    ['an hour that history calls two', 3600, 7200, 38, 300],
    ['an hour without history', 3600, undefined, 58, 360],
    ['a day without history', 86_400, undefined, 350, 300],
    ['a week without history', 7 * 86_400, undefined, 2200, 300],
  ])('%s', (_, duration, expected, polls, lag) => {
    const seen = simulate(duration, expected)
    expect(seen.polls).toBeLessThanOrEqual(polls)
    expect(seen.lagSeconds).toBeLessThanOrEqual(lag)
  })
})

describe('expectedSeconds', () => {
  it.each([
    [[], undefined],
    [[5], 5],
    [[1, 100, 3], 3],
    [[1, 2, 3, 100], 2],
  ])('of %j is %s', (history, expected) => expect(expectedSeconds(history)).toBe(expected))
})
