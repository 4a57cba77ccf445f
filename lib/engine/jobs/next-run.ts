import type { Connection, Schedule, timeUnits } from '../connection.ts'
import { nextCronRun } from '../cron.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** Airbyte's months have 30 days. */
const unitMs: Readonly<Record<(typeof timeUnits)[number], number>> = {
  minutes: minuteMs,
  hours: 60 * minuteMs,
  days: dayMs,
  weeks: 7 * dayMs,
  months: 30 * dayMs,
}

/** Clients create a connection and then start its first sync themselves: the schedule leaves them the time. */
const firstRunDelayMs = minuteMs

/**
 * When a connection runs next, as Airbyte has it: a basic schedule counts from the start of the last job, whoever started
 * it, and is due at once without one (here: a minute after the connection was made); a cron expression counts from `now`, so that runs missed while the engine was off
 * are not made up for. Undefined = never. Pure.
 */
export const nextRunOf = (
  { status, schedule, createdAt }: Pick<Connection, 'status' | 'schedule' | 'createdAt'>,
  lastJobAt: Date | undefined,
  now: Date,
): Date | undefined => {
  if (status !== 'active' || schedule.type === 'manual') return undefined
  if (schedule.type === 'cron') return nextCronRun(schedule.cronExpression, schedule.cronTimeZone, now)
  return new Date(lastJobAt ? lastJobAt.getTime() + intervalMs(schedule) : createdAt.getTime() + firstRunDelayMs)
}

const intervalMs = ({ units, timeUnit }: Extract<Schedule, { type: 'basic' }>) => units * unitMs[timeUnit]
