import { describe, expect, it } from 'vitest'
import { type FailedAttempt, retryDelayMs } from '../../../lib/airbyte/retry.ts'

const now = new Date('2025-01-01T00:00:00Z')
const cases: readonly (readonly [string, FailedAttempt, number | undefined])[] = [
  ['a read that lost its connection is repeated', { attempt: 1, repeatable: true }, 187.5],
  ['a second time after a longer wait', { attempt: 2, repeatable: true }, 375],
  ['the third failure is the last', { attempt: 3, repeatable: true, status: 503 }, undefined],
  ['a create that lost its connection is not repeated', { attempt: 1, repeatable: false }, undefined],
  ['a create that was never sent is', { attempt: 1, repeatable: false, unsent: true }, 187.5],
  ['a create behind a gateway that timed out is not', { attempt: 1, repeatable: false, status: 504 }, undefined],
  ['a read behind a gateway that timed out is', { attempt: 1, repeatable: true, status: 504 }, 187.5],
  ['a 500 is never repeated', { attempt: 1, repeatable: true, status: 500 }, undefined],
  ['a refused body is never repeated', { attempt: 1, repeatable: true, status: 422 }, undefined],
  ['a conflict is never repeated', { attempt: 1, repeatable: false, status: 409 }, undefined],
  ['a rate-limited create waits as told', { attempt: 1, repeatable: false, status: 429, retryAfter: '2' }, 2000],
  ['a rate limit without a time backs off', { attempt: 1, repeatable: false, status: 429, retryAfter: null }, 187.5],
  [
    'a wait may be told as a date',
    { attempt: 1, repeatable: true, status: 429, retryAfter: 'Wed, 01 Jan 2025 00:00:03 GMT' },
    3000,
  ],
  [
    'a wait longer than can be afforded is not begun',
    { attempt: 1, repeatable: true, status: 429, retryAfter: '60' },
    undefined,
  ],
  ['a 503 may tell a wait too', { attempt: 1, repeatable: true, status: 503, retryAfter: '4' }, 4000],
  ['what took its whole time is not begun again', { attempt: 1, repeatable: true, timedOut: true }, undefined],
]

describe('retryDelayMs', () => {
  it.each(cases)('%s', (_, failed, expected) => expect(retryDelayMs(failed, now, 0.5)).toBe(expected))
})
