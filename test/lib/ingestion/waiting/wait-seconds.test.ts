import { describe, expect, it } from 'vitest'
import { expectedSeconds, retryReadSeconds } from '../../../../lib/ingestion/waiting/wait-seconds.ts'
import { decidedPace, fixedPace, quantile, seeded, watch } from '../../../support/waiting.ts'

const hour = 3600

describe('an hour', () => {
  it.each([
    ['with exact history', hour, 65, hour * 0.02],
    ['that history calls half', hour / 2, 120, 300],
    ['that history calls one and a half', hour * 1.5, 120, 300],
    ['without history', undefined, 180, 300],
  ])('%s', (_, expected, transitions, lagSeconds) => {
    for (const duration of [hour - 30, hour - 1, hour, hour + 1, hour + 30]) {
      const seen = watch(duration, decidedPace(expected))
      expect(seen.transitions).toBeLessThanOrEqual(transitions)
      expect(seen.lagSeconds).toBeLessThanOrEqual(lagSeconds)
    }
  })
})

it('syncs of 5 s to 24 h are seen within 5 minutes, for less than fixed steps of a minute cost', () => {
  const random = seeded(7)
  const durations = Array.from({ length: 300 }, () => 5 * 17_280 ** random())
  const seen = durations.map((duration) => watch(duration, decidedPace()))
  const fixed = durations.map((duration) => watch(duration, fixedPace(60)))
  const sum = (all: readonly { transitions: number }[]) => all.reduce((total, one) => total + one.transitions, 0)
  expect(Math.max(...seen.map(({ lagSeconds }) => lagSeconds))).toBeLessThanOrEqual(300)
  expect(sum(seen)).toBeLessThan(sum(fixed) / 2)
  expect(
    quantile(
      seen.map(({ lagSeconds }, index) => lagSeconds / (durations[index] ?? 1)),
      0.5,
    ),
  ).toBeLessThan(0.1)
})

it.each([
  ['without history', undefined],
  ['with history', 6 * 86_400],
])('a week %s stays below 20,000 history events of the state machine', (_, expected) =>
  // A poll that goes on: five events of the task, two of the choice, two of the wait.
  expect(watch(7 * 86_400, decidedPace(expected)).polls * 9 + 20).toBeLessThan(20_000),
)

describe('expectedSeconds', () => {
  it.each([
    [[], undefined],
    [[5], 5],
    [[1, 100, 3], 3],
    [[1, 2, 3, 100], 2],
  ])('of %j is %s', (history, expected) => expect(expectedSeconds(history)).toBe(expected))
})

it.each([
  [0, 5],
  [60, 15],
  [800, 60],
])('a status that could not be read for %i s is asked for again after %i s', (unreadable, seconds) =>
  expect(retryReadSeconds(unreadable)).toBe(seconds),
)
