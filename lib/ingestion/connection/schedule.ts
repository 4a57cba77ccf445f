import { Cron } from 'croner'
import type { ConnectionCreate, ScheduleData } from '../../airbyte/types.ts'
import { IngestionError } from '../../errors.ts'

/** As users write it. */
export type Schedule = 'manual' | { units: number; timeUnit: string } | { cron: string; timezone?: string | undefined }

/** As users read it: both forms of a cron where Unix has one, and when it runs next. */
export type ShownSchedule =
  | string
  | { units: number; timeUnit: string }
  | { cron: string; unix?: string; timezone: string; nextRuns?: string[] }

type WireSchedule = Pick<ConnectionCreate, 'scheduleType' | 'scheduleData'>

/** A schedule in Airbyte's form; throws invalid_input that names the field. Cron: 5-field Unix or Quartz in, Quartz out. */
export const toWireSchedule = (schedule: Schedule): WireSchedule => {
  if (schedule === 'manual') return { scheduleType: 'manual' }
  if ('units' in schedule)
    return {
      scheduleType: 'basic',
      scheduleData: { basicSchedule: { units: schedule.units, timeUnit: schedule.timeUnit } },
    }
  const cronTimeZone = zoneOf(schedule.timezone ?? 'UTC')
  const cronExpression = quartz(schedule.cron)
  return { scheduleType: 'cron', scheduleData: { cron: { cronExpression, cronTimeZone } } }
}

/** Airbyte's schedule as users read it. */
export const fromWireSchedule = (
  type: string | null | undefined,
  data: ScheduleData | null | undefined,
  now: Date,
): ShownSchedule => {
  if (type === 'manual') return 'manual'
  if (data?.cron) {
    const { cronExpression, cronTimeZone } = data.cron
    const unix = unixOf(cronExpression)
    const nextRuns = runsAfter(now, cronExpression, cronTimeZone)
    return {
      cron: cronExpression,
      ...(unix ? { unix } : {}),
      timezone: cronTimeZone,
      ...(nextRuns.length > 0 ? { nextRuns } : {}),
    }
  }
  if (data?.basicSchedule) return { units: data.basicSchedule.units, timeUnit: data.basicSchedule.timeUnit }
  return type ?? 'manual'
}

/** A checked Quartz expression of 6 or 7 fields. */
const quartz = (expression: string): string => {
  const fields = expression.trim().split(/\s+/)
  if (fields.length < 5 || fields.length > 7)
    throw refuse('cron', `has ${fields.length} fields; Unix cron has 5, Quartz has 6 or 7`)
  const isUnix = fields.length === 5
  const result = isUnix ? quartzOfUnix(fields) : fields
  checkQuartz(result)
  return result.join(' ')
}

/** Second 0; Quartz wants `?` where a day is not restricted, and counts Sunday as 1. */
const quartzOfUnix = (fields: readonly string[]): string[] => {
  const [minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = fields
  if (day !== '*' && day !== '?' && weekday !== '*' && weekday !== '?')
    throw refuse(
      'cron',
      'restricts both day of month and day of week: Unix runs on either, which Quartz cannot say. Make two ingestions or restrict one',
    )
  const isWeekly = weekday !== '*' && weekday !== '?'
  return ['0', minute, hour, isWeekly ? '?' : day === '?' ? '*' : day, month, isWeekly ? quartzWeekdays(weekday) : '?']
}

/** 0 and 7 are Sunday in Unix, 1 is in Quartz. Names are the same in both. */
const quartzWeekdays = (field: string): string =>
  field.replace(/(?<![/#\w])\d(?!\w)/g, (one) => String((Number(one) % 7) + 1))

const checkQuartz = (fields: readonly string[]): void => {
  const [second = '', minute = '', hour = '', day = '', month = '', weekday = ''] = fields
  if (day !== '?' && weekday !== '?')
    throw refuse('cron', 'needs ? as day of month or as day of week, as Quartz writes the one that is not restricted')
  if (day === '?' && weekday === '?') throw refuse('cron', 'has ? for both day of month and day of week')
  for (const [name, field] of [
    ['second', second],
    ['minute', minute],
    ['hour', hour],
    ['month', month],
  ])
    if (field?.includes('?')) throw refuse('cron', `has ? as ${name}; it stands for days only`)
  try {
    const runs = cronOf(fields, 'UTC').nextRuns(2)
    if (runs.length === 0) throw refuse('cron', 'never runs')
    const [first, next] = runs
    if (first && next && next.getTime() - first.getTime() < 60_000)
      throw refuse('cron', 'runs more than once a minute, which Airbyte refuses; use 0 as second')
  } catch (error) {
    if (error instanceof IngestionError) throw error
    throw refuse(
      'cron',
      `is not a cron expression: ${error instanceof Error ? error.message.replace(/^CronPattern: /, '') : 'unreadable'}`,
    )
  }
}

/** croner counts Sunday as 0 and leaves the year out; what is left is the same language. */
const cronOf = (fields: readonly string[], timezone: string): Cron => {
  const [second = '', minute = '', hour = '', day = '', month = '', weekday = '', year] = fields
  const text = [second, minute, hour, day.replace('?', '*'), month, unixWeekdays(weekday).replace('?', '*')]
  return new Cron([...text, ...(year ? [year] : [])].join(' '), {
    timezone,
    paused: true,
    mode: year ? '7-part' : '6-part',
  })
}

const runsShown = 3

/** Empty for an expression that Airbyte takes and this reader does not. */
const runsAfter = (now: Date, expression: string, timezone: string): string[] => {
  try {
    return cronOf(expression.split(/\s+/), timezone)
      .nextRuns(runsShown, now)
      .map((run) => run.toISOString())
  } catch {
    return []
  }
}

const unixWeekdays = (field: string): string =>
  field
    .replace(/(?<![/#\w])[1-7](?!\w)/g, (one) => String(Number(one) - 1))
    .replace(/(?<![/#\w])[1-7]L/g, (one) => `${Number(one[0]) - 1}L`)

/** The 5-field form, when the expression has one. */
const unixOf = (expression: string): string | undefined => {
  const [second, minute, hour, day, month, weekday, year] = expression.split(/\s+/)
  if (second !== '0' || !minute || !hour || !day || !month || !weekday || (year && year !== '*')) return undefined
  if (/[LW#]/.test(`${day}${weekday.replace(/[A-Z]{3}/gi, '')}`)) return undefined
  return [minute, hour, day.replace('?', '*'), month, unixWeekdays(weekday).replace('?', '*')].join(' ')
}

/** Airbyte reads zones by Joda: IANA names, but none that begins with Etc. */
const zoneOf = (zone: string): string => {
  if (/^etc/i.test(zone))
    throw refuse(
      'timezone',
      `is refused by Airbyte: write UTC or a place such as Europe/Berlin instead of ${JSON.stringify(zone)}`,
    )
  try {
    return zone === 'UTC' ? zone : new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone && zone
  } catch {
    throw refuse('timezone', 'is not an IANA time zone such as Europe/Berlin')
  }
}

const refuse = (field: 'cron' | 'timezone', message: string) =>
  new IngestionError('invalid_input', `/schedule/${field} ${message}.`, {
    errors: [{ pointer: `/schedule/${field}`, message }],
  })
