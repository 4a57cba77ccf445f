import { Cron } from 'croner'
import { IngestionError } from '../errors.ts'

/** Airbyte's own bound: nothing runs more often. */
const shortestIntervalMs = 60_000

/** The first run of a Quartz expression (6 or 7 fields, Sunday is 1) after `after`; undefined when there is none left. */
export const nextCronRun = (expression: string, timeZone: string, after: Date): Date | undefined =>
  cronOf(expression, timeZone).nextRun(after) ?? undefined

/** Throws invalid_input for a time zone or an expression that could never be followed, and says what is wrong with it. */
export const requireCron = (expression: string, timeZone: string): void => {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch (error) {
    throw new IngestionError(
      'invalid_input',
      `cronTimeZone is "${timeZone}": no such IANA time zone; give one like Europe/Berlin, or UTC`,
      { cause: error },
    )
  }
  // As many as Airbyte looks at: the first may be the last of some that lie close together.
  const runs = runsOf(expression, timeZone).map((run) => run.getTime())
  if (runs.length === 0) throw refused(expression, 'it never runs')
  if (runs.some((run, index) => run - (runs[index - 1] ?? Number.NEGATIVE_INFINITY) < shortestIntervalMs))
    throw refused(expression, 'it runs more than once a minute; give 0 as its seconds')
}

const runsOf = (expression: string, timeZone: string): Date[] => {
  try {
    return cronOf(expression, timeZone).nextRuns(3)
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)
    throw refused(expression, `it is no Quartz expression (second minute hour day month weekday [year]): ${reason}`)
  }
}

const cronOf = (expression: string, timezone: string): Cron =>
  // A day that is not restricted is ? in Quartz and * here; with it as *, the other day alone must decide.
  new Cron(expression.trim().replaceAll('?', '*'), {
    timezone,
    paused: true,
    mode: '6-or-7-parts',
    alternativeWeekdays: true,
    sloppyRanges: true,
  })

const refused = (expression: string, why: string) =>
  new IngestionError('invalid_input', `cronExpression is "${expression}": ${why}`)
