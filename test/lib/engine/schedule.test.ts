import { describe, expect, it } from 'vitest'
import type { Schedule } from '../../../lib/engine/connection.ts'
import { type GivenSchedule, scheduleOfCreate, scheduleOfUpdate, scheduleRead } from '../../../lib/engine/schedule.ts'

const hours = (units: number) => ({ units, timeUnit: 'hours' as const })
const cron = { cronExpression: '0 0 6 * * ?', cronTimeZone: 'UTC' }

describe('a schedule', () => {
  it.each<[string, GivenSchedule, Schedule]>([
    ['is manual unless told', {}, { type: 'manual' }],
    ['may come in the legacy form', { schedule: hours(6) }, { type: 'basic', ...hours(6) }],
    [
      'may be basic',
      { scheduleType: 'basic', scheduleData: { basicSchedule: hours(6) } },
      { type: 'basic', ...hours(6) },
    ],
    ['may be cron', { scheduleType: 'cron', scheduleData: { cron } }, { type: 'cron', ...cron }],
  ])('%s', (_, given, expected) => expect(scheduleOfCreate(given)).toEqual(expected))

  it.each<[string, GivenSchedule]>([
    ['both forms', { schedule: hours(6), scheduleType: 'basic' }],
    ['manual with data', { scheduleType: 'manual', scheduleData: { basicSchedule: hours(6) } }],
    ['basic without data', { scheduleType: 'basic' }],
    ['cron with basic data', { scheduleType: 'cron', scheduleData: { basicSchedule: hours(6) } }],
    ['data without a type', { scheduleData: { cron } }],
  ])('is refused on create: %s', (_, given) => expect(() => scheduleOfCreate(given)).toThrow())

  it.each<[string, GivenSchedule, Schedule]>([
    ['stays when nothing is given', {}, { type: 'basic', ...hours(6) }],
    ['follows the legacy form', { schedule: hours(12) }, { type: 'basic', ...hours(12) }],
    [
      'follows the legacy form when that is what was changed',
      { schedule: hours(12), scheduleType: 'basic', scheduleData: { basicSchedule: hours(6) } },
      { type: 'basic', ...hours(12) },
    ],
    [
      'follows the new form when that is what was changed',
      { schedule: hours(6), scheduleType: 'basic', scheduleData: { basicSchedule: hours(12) } },
      { type: 'basic', ...hours(12) },
    ],
    ['may become manual', { scheduleType: 'manual' }, { type: 'manual' }],
  ])('that ran every 6 hours %s', (_, given, expected) =>
    expect(scheduleOfUpdate(given, { type: 'basic', ...hours(6) })).toEqual(expected),
  )

  it('is answered in the legacy form too, when it is basic', () => {
    expect(scheduleRead({ type: 'basic', ...hours(6) })).toEqual({
      schedule: hours(6),
      scheduleType: 'basic',
      scheduleData: { basicSchedule: hours(6) },
    })
    expect(scheduleRead({ type: 'cron', ...cron })).toEqual({ scheduleType: 'cron', scheduleData: { cron } })
    expect(scheduleRead({ type: 'manual' })).toEqual({ scheduleType: 'manual' })
  })
})
