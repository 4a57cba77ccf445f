import { isTerminal } from '../job.ts'
import type { EngineLog } from '../log.ts'
import type { ScheduledConnection } from '../store/connections.ts'
import type { JobRun } from '../store/jobs.ts'
import type { Store } from '../store/store.ts'
import { nextRunOf } from './next-run.ts'
import type { JobRunner } from './runner.ts'

export type Scheduler = ReturnType<typeof connectionScheduler>

/** A machine that slept, or whose clock was set, is noticed after this time at the latest. */
const longestWaitMs = 30_000

/** Clocks are put right by seconds all the time; that must not repeat a run. */
const clockStepMs = 60_000

interface SchedulerOptions {
  store: Pick<Store, 'connections' | 'jobs'>
  runner: Pick<JobRunner, 'start'>
  log: EngineLog
  now?: () => Date
}

/** Starts the syncs that are due. Nothing runs before the first `wake`. */
export const connectionScheduler = ({ store, runner, log, now = () => new Date() }: SchedulerOptions) => {
  /** The next run of each cron connection, and what it was computed for. */
  const cronRuns = new Map<string, { schedule: string; from: Date; at: Date | undefined }>()
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  /** When the connection runs next; what is due already lies in the past. */
  const dueAt = (connection: ScheduledConnection, lastRun: JobRun | undefined, at: Date): Date | undefined => {
    const { id, schedule, status } = connection
    if (schedule.type !== 'cron') {
      // The next run counts from the start of the one that is under way, and is looked at when that has ended.
      if (lastRun && !isTerminal(lastRun.status)) return undefined
      return nextRunOf(connection, lastRun?.beganAt, at)
    }
    const key = JSON.stringify([schedule, status])
    const known = cronRuns.get(id)
    const isClockSetBack = known && known.from.getTime() - at.getTime() > clockStepMs
    if (known?.schedule === key && !isClockSetBack) return known.at
    const next = nextRunOf(connection, undefined, at)
    cronRuns.set(id, { schedule: key, from: at, at: next })
    return next
  }

  /** Starts the connection's sync when it is due; the answer is its next run, when that is known. */
  const attend = (scheduled: ScheduledConnection, at: Date): Date | undefined => {
    const { id: connectionId, schedule } = scheduled
    if (schedule.type === 'manual') return undefined
    const lastRun = store.jobs.findLastRun(connectionId)
    const due = dueAt(scheduled, lastRun, at)
    if (!due || due > at) return due
    const connection = store.connections.find(connectionId)
    if (lastRun && !isTerminal(lastRun.status))
      log.info('scheduled sync left out: the last one still runs', { connectionId, jobId: lastRun.id })
    else if (connection) log.info('scheduled sync', { connectionId, jobId: runner.start(connection).id })
    // Not before: a run that could not be started is still due.
    cronRuns.delete(connectionId)
    return schedule.type === 'cron' ? dueAt(scheduled, lastRun, at) : undefined
  }

  const attendAll = (at: Date): Date[] => {
    const connections = store.connections.listScheduled()
    const ids = new Set(connections.map(({ id }) => id))
    for (const id of cronRuns.keys()) if (!ids.has(id)) cronRuns.delete(id)
    return connections.flatMap((connection) => {
      try {
        return attend(connection, at) ?? []
      } catch (error) {
        // A full disk, most likely: the next look tries again.
        const reason = error instanceof Error ? error.message : String(error)
        log.error('a scheduled sync could not be started', { connectionId: connection.id, error: reason })
        return []
      }
    })
  }

  const wake = (): void => {
    if (isClosed) return
    clearTimeout(timer)
    const at = now()
    let waitMs = longestWaitMs
    try {
      for (const due of attendAll(at)) waitMs = Math.min(waitMs, due.getTime() - at.getTime())
    } catch (error) {
      log.error('the scheduler failed', { error: error instanceof Error ? error.message : String(error) })
    }
    timer = setTimeout(wake, waitMs)
    timer.unref()
  }

  return {
    /** Looks now which syncs are due, and from then on by itself. To be called when a schedule has changed. */
    wake,
    close(): void {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
