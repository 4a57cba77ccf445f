import { describe, expect, it } from 'vitest'
import type { Attempt, FailureReason } from '../../../../lib/engine/job.ts'
import { airbyteRetryPolicy, verdictOf } from '../../../../lib/engine/jobs/retry-policy.ts'

type Outcome = 'ok' | 'nothing' | 'part' | 'config' | 'cancelled' | 'engine'

const failure = (outcome: Outcome): FailureReason => ({
  failureOrigin: outcome === 'engine' || outcome === 'cancelled' ? 'airbyte_platform' : 'source',
  failureType:
    outcome === 'config' ? 'config_error' : outcome === 'cancelled' ? 'manual_cancellation' : 'transient_error',
  externalMessage: outcome,
  timestamp: 0,
})

const attempt = (outcome: Outcome, number: number): Attempt => ({
  jobId: 1,
  number,
  status: outcome === 'ok' ? 'succeeded' : 'failed',
  createdAt: new Date(0),
  updatedAt: new Date(0),
  failures: outcome === 'ok' ? [] : [failure(outcome)],
  streams: [
    {
      name: 's',
      recordsEmitted: 9,
      bytesEmitted: 9,
      recordsCommitted: outcome === 'part' ? 5 : 0,
      bytesCommitted: 0,
      statesEmitted: 0,
      complete: false,
    },
  ],
})

const times = (count: number, outcome: Outcome): Outcome[] => Array.from({ length: count }, () => outcome)

describe('the verdict on a job', () => {
  it.each<[string, Outcome[], unknown]>([
    ['a success is the end', ['nothing', 'ok'], { status: 'succeeded' }],
    ['a configuration error is never retried', ['config'], { status: 'failed' }],
    ['a configuration error after progress is not either', ['part', 'config'], { status: 'failed' }],
    ['a cancelled attempt ends the job', ['part', 'cancelled'], { status: 'cancelled' }],
    ['the first complete failure waits 10 s', ['nothing'], { retryAfterMs: 10_000 }],
    ['the second in a row waits 30 s', times(2, 'nothing'), { retryAfterMs: 30_000 }],
    ['the third waits 90 s', times(3, 'nothing'), { retryAfterMs: 90_000 }],
    ['the fourth waits 4.5 min', times(4, 'nothing'), { retryAfterMs: 270_000 }],
    ['the fifth in a row is the last', times(5, 'nothing'), { status: 'failed' }],
    ['progress begins the row anew', [...times(4, 'nothing'), 'part', 'nothing'], { retryAfterMs: 10_000 }],
    ['a partial failure is followed at once', ['nothing', 'part'], { retryAfterMs: 0 }],
    ['the twentieth partial failure is the last', times(20, 'part'), { status: 'failed' }],
    [
      'the tenth complete failure is the last, in a row or not',
      [...times(4, 'nothing'), 'part', ...times(4, 'nothing'), 'part', ...times(2, 'nothing')],
      { status: 'failed' },
    ],
    ['an engine that stopped is followed at once', ['engine'], { retryAfterMs: 0 }],
    ['an engine that stopped often spends no retries', times(50, 'engine'), { retryAfterMs: 0 }],
    [
      'failures on both sides of an engine stop are in a row',
      ['nothing', 'engine', 'nothing'],
      { retryAfterMs: 30_000 },
    ],
  ])('%s', (_, outcomes, expected) => {
    expect(verdictOf(outcomes.map(attempt), airbyteRetryPolicy)).toEqual(expected)
  })

  it('the wait has an upper bound', () => {
    const patient = { ...airbyteRetryPolicy, maxCompleteFailuresInRow: 100, maxCompleteFailures: 100 }
    expect(verdictOf(times(9, 'nothing').map(attempt), patient)).toEqual({ retryAfterMs: 1_800_000 })
  })
})
