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
 * are not made up for. A last job that lies in the future, because the clock was set back, is waited for one interval at most.
 * Undefined = never. Pure.
 */
export const nextRunOf = (
  { status, schedule, createdAt }: Pick<Connection, 'status' | 'schedule' | 'createdAt'>,
  lastJobAt: Date | undefined,
  now: Date,
): Date | undefined => {
  if (status !== 'active' || schedule.type === 'manual') return undefined
  if (schedule.type === 'cron') return nextCronRun(schedule.cronExpression, schedule.cronTimeZone, now)
  if (!lastJobAt) return earliest(new Date(createdAt.getTime() + firstRunDelayMs), now, firstRunDelayMs)
  return earliest(new Date(lastJobAt.getTime() + intervalMs(schedule)), now, 2 * intervalMs(schedule))
}

/** `due`, or now when it is further away than it can be by a clock that only goes forward. */
const earliest = (due: Date, now: Date, longestWaitMs: number): Date =>
  due.getTime() - now.getTime() > longestWaitMs ? now : due

/** At most a thousand years: the calendar of dates ends some time after. */
const intervalMs = ({ units, timeUnit }: Extract<Schedule, { type: 'basic' }>) =>
  Math.min(units * unitMs[timeUnit], 365_000 * dayMs)
