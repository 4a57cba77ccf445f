import { IngestionError } from '../errors.ts'
import type { Schedule, timeUnits } from './connection.ts'
import { requireCron } from './cron.ts'

type Unit = (typeof timeUnits)[number]
interface Basic {
  units: number
  timeUnit: Unit
}

/** The three ways in which the Config API says when a connection runs. */
export interface GivenSchedule {
  /** Legacy. */
  schedule?: Basic | undefined
  scheduleType?: Schedule['type'] | undefined
  scheduleData?:
    | {
        basicSchedule?: Basic | undefined
        cron?: { cronExpression: string; cronTimeZone: string } | undefined
      }
    | undefined
}

/** The schedule of a new connection; manual unless told. Old and new form together are refused, as Airbyte does. */
export const scheduleOfCreate = (given: GivenSchedule): Schedule => {
  if (given.schedule && given.scheduleType) throw invalid('supply old or new schedule schema but not both')
  return basic(given.schedule) ?? newForm(given) ?? { type: 'manual' }
}

/**
 * The schedule after an update. Airbyte refuses the legacy form here; the engine takes it, and when both forms come
 * back from a client that changed one of them, the changed one counts.
 */
export const scheduleOfUpdate = (given: GivenSchedule, current: Schedule): Schedule => {
  const legacy = basic(given.schedule)
  if (legacy && !(isSame(legacy, current) && given.scheduleType)) return legacy
  return newForm(given) ?? current
}

/** The members of ConnectionRead that tell a schedule; the legacy one for basic schedules only. */
export const scheduleRead = (schedule: Schedule) => {
  if (schedule.type === 'manual') return { scheduleType: 'manual' }
  const { type, ...data } = schedule
  if (schedule.type === 'cron') return { scheduleType: type, scheduleData: { cron: data } }
  return { schedule: data, scheduleType: type, scheduleData: { basicSchedule: data } }
}

const newForm = ({ scheduleType, scheduleData }: GivenSchedule): Schedule | undefined => {
  if (scheduleType === undefined) {
    if (scheduleData) throw invalid('scheduleData needs a scheduleType')
    return undefined
  }
  if (scheduleType === 'manual') {
    if (scheduleData) throw invalid('a manual schedule has no scheduleData')
    return { type: 'manual' }
  }
  const found =
    scheduleType === 'basic'
      ? basic(scheduleData?.basicSchedule)
      : scheduleData?.cron && { type: scheduleType, ...scheduleData.cron }
  if (!found) throw invalid(`scheduleData has no ${scheduleType === 'basic' ? 'basicSchedule' : 'cron'}`)
  if (found.type === 'cron') requireCron(found.cronExpression, found.cronTimeZone)
  return found
}

const basic = (given: Basic | undefined): Schedule | undefined => given && { type: 'basic', ...given }

const isSame = (a: Schedule, b: Schedule) =>
  a.type === 'basic' && b.type === 'basic' && a.units === b.units && a.timeUnit === b.timeUnit

const invalid = (message: string) => new IngestionError('invalid_input', message)
