import { describe, expect, it } from 'vitest'
import type { Job } from '../../../../lib/airbyte/jobs.ts'
import type { AttemptRead, JobRead } from '../../../../lib/airbyte/types.ts'
import { decidePoll, type Said, type WaitState } from '../../../../lib/ingestion/waiting/decide-poll.ts'
import { syncFinished } from '../../../../lib/ingestion/waiting/sync-finished.ts'

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
    ['without history: never above 5 minutes', 80_000, undefined, 295],
    ['with history: one wait until 85 %', 0, 200, 170],
    ['with history: never above 5 minutes', 0, 3600, 295],
    ['with history: then 2 % steps', 3100, 3600, 72],
    ['with history: late by more than a tenth, as without', 4000, 3600, 295],
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

  it('at the deadline with detach is left running', () => {
    const late = state({ onTimeout: 'detach' })
    expect(decidePoll(late, going(), at(86_399))).toMatchObject({ next: 'wait', waitSeconds: 1 })
    expect(decidePoll(late, going(), at(86_400))).toMatchObject({
      next: 'fail',
      error: 'TIMED_OUT',
      cause: expect.stringContaining('left running'),
    })
  })

  it('a deadline is one of the wall clock: it holds for an execution that was begun anew', () =>
    expect(decidePoll(state({ polls: 0, onTimeout: 'detach' }), going(), at(90_000))).toMatchObject({
      outcome: 'TIMED_OUT',
    }))

  it('has no time without new rows after which it is given up', () =>
    expect(decidePoll(state({ polls: 9_999 }), going('incomplete'), at(86_000)).next).toBe('wait'))
})

describe('a job that is asked to stop', () => {
  const stopAskedAt = at(86_400).toISOString()
  const cancelled = ended('cancelled', [failed('manual_cancellation')])
  it.each([
    ['at the deadline', {}, going(), 86_400, { next: 'wait', waitSeconds: 5, stopAskedAt }],
    ['is waited for', { stopAskedAt }, going(), 86_519, { next: 'wait', waitSeconds: 5, stopAskedAt }],
    ['for two minutes', { stopAskedAt }, going(), 86_520, { next: 'fail', outcome: 'TIMED_OUT' }],
    ['and has stopped', { stopAskedAt }, cancelled, 86_410, { next: 'fail', outcome: 'TIMED_OUT' }],
    [
      'but was quicker',
      { stopAskedAt },
      ended('succeeded', [moved]),
      86_410,
      { next: 'succeed', outcome: 'SUCCEEDED' },
    ],
    ['and failed', { stopAskedAt }, ended('failed'), 86_410, { next: 'fail', outcome: 'FAILED' }],
    ['and cannot be read', { stopAskedAt }, { kind: 'unreadable' }, 86_410, { next: 'wait', stopAskedAt }],
  ] as const)('%s', (_, more, said, seconds, expected) =>
    expect(decidePoll(state(more), said, at(seconds))).toMatchObject(expected),
  )

  it('tells what it had done until then', () =>
    expect(decidePoll(state({ stopAskedAt }), ended('cancelled', [moved]), at(86_410))).toMatchObject({
      event: { outcome: 'TIMED_OUT', status: 'cancelled', recordsSynced: 10, failure: { retryable: true } },
    }))
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

  it('is never asked to stop', () =>
    expect(decidePoll(state(), { kind: 'unreadable' }, at(90_000))).not.toHaveProperty('stopAskedAt'))

  it('is lost with the last reason', () =>
    expect(
      decidePoll(
        state({ unreadableSince: since }),
        { kind: 'unreadable', why: 'Airbyte refused the credentials.' },
        at(1000),
      ),
    ).toMatchObject({ error: 'LOST', cause: expect.stringMatching(/may be well\..*refused the credentials/) }))
})

describe('the event', () => {
  it.each([
    ['of a success', ended('succeeded', [moved]), 60],
    ['of a failure', ended('failed', [failed('config_error')]), 60],
    ['of a time-out', going(), 90_000],
    ['of a job that is lost', { kind: 'unreadable' }, 90_000],
  ] as const)('%s is as documented', (_, said, seconds) => {
    const past = state({ onTimeout: 'detach', unreadableSince: at(100).toISOString() })
    const decision = decidePoll(past, said, at(seconds))
    if (decision.next === 'wait') throw new Error('expected an end')
    expect(syncFinished.parse(decision.event)).toEqual(decision.event)
  })

  it('and the state stay far below 256 KiB whatever the names of streams', () => {
    const streamStats = Array.from({ length: 500 }, (_, index) => ({
      streamName: `${'名'.repeat(1000)}${index}`,
      stats: { recordsEmitted: index },
    }))
    const decision = decidePoll(state(), ended('succeeded', [attempt({ streamStats })]), at(60))
    if (decision.next === 'wait') throw new Error('expected an end')
    expect(Buffer.byteLength(JSON.stringify(decision))).toBeLessThan(160 * 1024)
    expect(decision.event.streams.length + decision.event.streamsOmitted).toBe(500)
  })
})
