import { describe, expect, it } from 'vitest'
import type { Connection } from '../../../../lib/engine/connection.ts'
import { nextRunOf } from '../../../../lib/engine/jobs/next-run.ts'

type Given = Pick<Connection, 'status' | 'schedule' | 'createdAt'>
const now = new Date('2026-11-22T12:00:00Z')
const yesterday = new Date('2026-11-21T12:00:00Z')
const soon = new Date('2026-11-22T12:05:00Z')
const tomorrow = new Date('2026-11-23T12:00:00Z')
const every = (units: number, timeUnit: 'minutes' | 'hours' | 'months'): Given => ({
  status: 'active',
  createdAt: now,
  schedule: { type: 'basic', units, timeUnit },
})
const sixOClock: Given = {
  status: 'active',
  createdAt: now,
  schedule: { type: 'cron', cronExpression: '0 0 6 * * ?', cronTimeZone: 'UTC' },
}

describe('the next run of a connection', () => {
  it.each<[string, Given, Date | undefined, string | undefined]>([
    ['every 2 hours counts from the last job', every(2, 'hours'), now, '2026-11-22T14:00:00.000Z'],
    ['every 30 minutes, off for a day, is overdue', every(30, 'minutes'), yesterday, '2026-11-21T12:30:00.000Z'],
    ['every month counts 30 days', every(1, 'months'), now, '2026-12-22T12:00:00.000Z'],
    ['every 1e15 hours comes in a thousand years, not now', every(1e15, 'hours'), now, '3026-03-25T12:00:00.000Z'],
    ['every hour, new, comes a minute later', every(1, 'hours'), undefined, '2026-11-22T12:01:00.000Z'],
    [
      'every hour, last run by a clock that was minutes ahead, keeps its interval',
      every(1, 'hours'),
      soon,
      '2026-11-22T13:05:00.000Z',
    ],
    ['every hour, last run by a clock that was days ahead, is due', every(1, 'hours'), tomorrow, now.toISOString()],
    [
      'every hour, made by a clock that was days ahead, is due',
      { ...every(1, 'hours'), createdAt: tomorrow },
      undefined,
      now.toISOString(),
    ],
    ['by cron is the next time, whatever was missed', sixOClock, yesterday, '2026-11-23T06:00:00.000Z'],
    [
      'that is manual never comes',
      { status: 'active', createdAt: now, schedule: { type: 'manual' } },
      yesterday,
      undefined,
    ],
    ['that is inactive never comes', { ...every(1, 'hours'), status: 'inactive' }, yesterday, undefined],
  ])('%s', (_, connection, lastJobAt, expected) =>
    expect(nextRunOf(connection, lastJobAt, now)?.toISOString()).toBe(expected),
  )
})
