import { describe, expect, it, vi } from 'vitest'
import { nextCronRun, requireCron } from '../../../lib/engine/cron.ts'

const sunday = new Date('2026-11-22T02:00:00Z')

describe('a Quartz expression', () => {
  it.each([
    ['0 0 6 * * ?', 'UTC', '2026-11-22T06:00:00.000Z'],
    ['0 0 6 ? * 2', 'UTC', '2026-11-23T06:00:00.000Z'],
    ['0 0 12 ? * MON-FRI', 'America/New_York', '2026-11-23T17:00:00.000Z'],
    ['0 0/15 * * * ?', 'UTC', '2026-11-22T02:15:00.000Z'],
    ['0 0 6 L * ?', 'UTC', '2026-11-30T06:00:00.000Z'],
    ['0 0 12 ? * 6#3', 'UTC', '2026-12-18T12:00:00.000Z'],
    ['0 0 6 ? * 6L', 'UTC', '2026-11-27T06:00:00.000Z'],
    ['0 0 6 1 1 ? 2030', 'UTC', '2030-01-01T06:00:00.000Z'],
  ])('%s in %s runs next at %s', (expression, zone, expected) => {
    requireCron(expression, zone)
    expect(nextCronRun(expression, zone, sunday)?.toISOString()).toBe(expected)
  })

  it.each([
    ['does not exist, at the end of the gap', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z'],
    ['comes twice, the first time', '2026-10-24T12:00:00Z', '2026-10-25T00:30:00.000Z'],
    ['has come once, not again that day', '2026-10-25T00:30:00Z', '2026-10-26T01:30:00.000Z'],
  ])('runs at an hour that %s, when clocks change', (_, after, expected) =>
    expect(nextCronRun('0 30 2 * * ?', 'Europe/Berlin', new Date(after))?.toISOString()).toBe(expected),
  )

  it.each([
    ['0 6 * * *', 'UTC', /no Quartz expression/],
    ['0 99 * * * ?', 'UTC', /minute: 99/],
    ['* * * * * ?', 'UTC', /more than once a minute/],
    ['0 0 6 30 2 ?', 'UTC', /never runs/],
    ['0 0 6 * * ?', 'Mars/Olympus', /no such IANA time zone/],
  ])('%s in %s is refused', (expression, zone, reason) => expect(() => requireCron(expression, zone)).toThrow(reason))

  it('that runs twice in a minute is refused between the two as well', () => {
    vi.useFakeTimers({ now: new Date('2026-11-22T06:00:10Z') })
    try {
      expect(() => requireCron('0,30 0 6 * * ?', 'UTC')).toThrow(/more than once a minute/)
    } finally {
      vi.useRealTimers()
    }
  })
})
