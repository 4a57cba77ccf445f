import { describe, expect, it } from 'vitest'
import { failedTry, retryDelayMs } from '../../../../lib/connectors/source-rest/retry.ts'

const now = new Date('2024-05-01T12:00:00Z')
const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const delayOf = (status: number, headers: Record<string, string>) => retryDelayMs(failedTry(status, headers, now), 1, 0)

describe('a failed request', () => {
  it.each<[number, Record<string, string>, number | undefined]>([
    [429, { 'retry-after': '7' }, 7_000],
    [429, { 'retry-after': '0.5' }, 500],
    [429, { 'retry-after': inSeconds(30).toUTCString() }, 30_000],
    [503, { 'retry-after': inSeconds(-30).toUTCString() }, 0],
    [429, { 'x-ratelimit-reset': String(inSeconds(20).getTime() / 1000) }, 20_000],
    [429, { 'x-ratelimit-reset': String(inSeconds(20).getTime()) }, 20_000],
    [429, { 'x-rate-limit-reset': inSeconds(20).toISOString() }, 20_000],
    [429, { 'ratelimit-reset': '20' }, 20_000],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(inSeconds(20).getTime() / 1000) }, 20_000],
    [403, { 'retry-after': '3' }, 3_000],
    [429, {}, 250],
    [500, { 'x-ratelimit-reset': '20' }, 250],
    [408, {}, 250],
    [429, { 'retry-after': '-5' }, 250],
    [429, { 'retry-after': 'soon' }, 250],
    [429, { 'retry-after': inSeconds(90).toUTCString(), date: inSeconds(60).toUTCString() }, 30_000],
    [429, { 'retry-after': '86400' }, undefined],
    [429, { 'retry-after': '9'.repeat(400) }, undefined],
    [403, { 'x-ratelimit-remaining': '10', 'x-ratelimit-reset': '20' }, undefined],
    [401, {}, undefined],
    [404, { 'retry-after': '3' }, undefined],
  ])('with %i and %o is repeated after %s ms', (status, headers, expected) => {
    expect(delayOf(status, headers)).toBe(expected)
  })

  it('without an answer is repeated, later each time and never later than a minute', () => {
    const failed = { status: undefined, isLimited: false, askedMs: undefined }
    expect([1, 2, 3, 20].map((attempt) => retryDelayMs(failed, attempt, 1))).toEqual([500, 1_000, 2_000, 60_000])
  })

  it('that may be repeated at once is believed only the first time', () => {
    const failed = { status: 429, isLimited: true, askedMs: 0 }
    expect([1, 2, 3].map((attempt) => retryDelayMs(failed, attempt, 1))).toEqual([0, 1_000, 2_000])
  })
})
