import { describe, expect, it } from 'vitest'
import { IngestionError } from '../../../../lib/errors.ts'
import { fromWireSchedule, type Schedule, toWireSchedule } from '../../../../lib/ingestion/connection/schedule.ts'

const cron = (expression: string, timezone?: string) =>
  toWireSchedule({ cron: expression, timezone }).scheduleData?.cron

describe('toWireSchedule', () => {
  it('manual has no data', () => expect(toWireSchedule('manual')).toEqual({ scheduleType: 'manual' }))

  it('units are basic', () =>
    expect(toWireSchedule({ units: 6, timeUnit: 'hours' })).toEqual({
      scheduleType: 'basic',
      scheduleData: { basicSchedule: { units: 6, timeUnit: 'hours' } },
    }))

  it.each([
    ['*/15 * * * *', '0 */15 * * * ?'],
    ['0 6 * * *', '0 0 6 * * ?'],
    ['0 6 1 * *', '0 0 6 1 * ?'],
    ['0 6 * * 1-5', '0 0 6 ? * 2-6'],
    ['0 6 * * 0', '0 0 6 ? * 1'],
    ['0 6 * * 7', '0 0 6 ? * 1'],
    ['0 6 * * MON,FRI', '0 0 6 ? * MON,FRI'],
    ['  0  6 * * 1 ', '0 0 6 ? * 2'],
    ['0 0 6 * * ?', '0 0 6 * * ?'],
    ['0 0 6 ? * 2-6', '0 0 6 ? * 2-6'],
    ['0 0 6 ? * MON-FRI', '0 0 6 ? * MON-FRI'],
    ['0 30 2 L * ?', '0 30 2 L * ?'],
    ['0 0 12 1 1 ? 2099', '0 0 12 1 1 ? 2099'],
  ])('%s is sent as %s', (given, sent) => expect(cron(given)).toEqual({ cronExpression: sent, cronTimeZone: 'UTC' }))

  it.each([
    ['a zone of IANA', 'Europe/Berlin'],
    ['a zone with a long name', 'America/Argentina/Buenos_Aires'],
    ['UTC', 'UTC'],
  ])('%s is kept', (_, zone) => expect(cron('0 6 * * *', zone)?.cronTimeZone).toBe(zone))

  it.each([
    ['too few fields', { cron: '* * *' }, '/schedule/cron', /3 fields/],
    ['nonsense', { cron: 'a b * * *' }, '/schedule/cron', /not a cron expression/],
    ['a minute of 61', { cron: '61 * * * *' }, '/schedule/cron', /not a cron expression/],
    ['both days in Unix form', { cron: '0 6 1 * 1' }, '/schedule/cron', /both day of month and day of week/],
    ['both days in Quartz form', { cron: '0 0 6 1 * 2' }, '/schedule/cron', /needs \?/],
    ['two question marks', { cron: '0 0 6 ? * ?' }, '/schedule/cron', /both/],
    ['every second', { cron: '* * * * * ?' }, '/schedule/cron', /more than once a minute/],
    ['a year that is over', { cron: '0 0 6 1 1 ? 2001' }, '/schedule/cron', /never runs/],
    ['an unknown zone', { cron: '0 6 * * *', timezone: 'Mars/Base' }, '/schedule/timezone', /IANA/],
    ['a zone that Airbyte refuses', { cron: '0 6 * * *', timezone: 'Etc/UTC' }, '/schedule/timezone', /refused/],
  ] as readonly (readonly [string, Schedule, string, RegExp])[])('%s is refused', (_, schedule, pointer, message) => {
    expect(() => toWireSchedule(schedule)).toThrow(IngestionError)
    expect(() => toWireSchedule(schedule)).toThrow(message)
    try {
      toWireSchedule(schedule)
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_input', errors: [{ pointer }] })
    }
  })
})

const friday = new Date('2025-03-28T00:00:00Z')

describe('fromWireSchedule', () => {
  it('a cron is shown in both forms', () =>
    expect(
      fromWireSchedule('cron', { cron: { cronExpression: '0 0 6 ? * 2-6', cronTimeZone: 'Europe/Berlin' } }, friday),
    ).toEqual({
      cron: '0 0 6 ? * 2-6',
      unix: '0 6 * * 1-5',
      timezone: 'Europe/Berlin',
      // The clocks go forward between the first and the second.
      nextRuns: ['2025-03-28T05:00:00.000Z', '2025-03-31T04:00:00.000Z', '2025-04-01T04:00:00.000Z'],
    }))

  it('one that Unix cannot say in its own', () =>
    expect(fromWireSchedule('cron', { cron: { cronExpression: '0 30 2 L * ?', cronTimeZone: 'UTC' } }, friday)).toEqual(
      {
        cron: '0 30 2 L * ?',
        timezone: 'UTC',
        nextRuns: ['2025-03-31T02:30:00.000Z', '2025-04-30T02:30:00.000Z', '2025-05-31T02:30:00.000Z'],
      },
    ))

  it('one that only Airbyte understands is shown without its runs', () =>
    expect(fromWireSchedule('cron', { cron: { cronExpression: 'H H * * *', cronTimeZone: 'UTC' } }, friday)).toEqual({
      cron: 'H H * * *',
      timezone: 'UTC',
    }))

  it('no schedule is manual', () => expect(fromWireSchedule(undefined, undefined, friday)).toBe('manual'))
})
