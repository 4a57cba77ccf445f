import type { EngineLog } from '../log.ts'
import type { Store } from '../store/store.ts'

/** How much job history a connection keeps. What its syncs need, state and generations, lies elsewhere and always stays. */
export interface RetentionRule {
  /** Jobs older than this are removed, and all but the newest of a connection. */
  maxAgeDays: number
  maxJobs: number
  /** The newest jobs that stay whatever their age: a clock that was wrong for a while must not cost the whole history. */
  minJobs: number
}

export const defaultRetentionRule: RetentionRule = { maxAgeDays: 60, maxJobs: 1_000, minJobs: 100 }

const dayMs = 24 * 60 * 60_000
const everyMs = 60 * 60_000
/** The first look leaves a starting engine alone. */
const firstAfterMs = 10_000
/** Jobs removed in one transaction: with 5,000 log lines each still some hundredths of a second. */
const jobsAtOnce = 10
const pauseMs = 20

interface RetentionOptions {
  store: Pick<Store, 'jobs' | 'transaction'>
  log: EngineLog
  rule?: RetentionRule
}

/** Removes old jobs with their attempts, statistics and logs, in the background: a few at a time, so that syncs and callers do not wait. */
export const jobRetention = ({ store, log, rule = defaultRetentionRule }: RetentionOptions) => {
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const next = (delayMs: number, work: () => void) => {
    if (isClosed) return
    timer = setTimeout(work, delayMs)
    timer.unref()
  }

  const trying = (work: () => void) => {
    try {
      work()
    } catch (error) {
      // A full disk, most likely: the next look tries again.
      log.error('old jobs could not be removed', { error: error instanceof Error ? error.message : String(error) })
      next(everyMs, look)
    }
  }

  const look = () =>
    trying(() => {
      const before = new Date(Date.now() - rule.maxAgeDays * dayMs)
      removeSome(store.jobs.listOutdated({ before, maxJobs: rule.maxJobs, minJobs: rule.minJobs }), 0)
    })

  const removeSome = (ids: readonly number[], from: number) =>
    trying(() => {
      const some = ids.slice(from, from + jobsAtOnce)
      if (some.length > 0) store.transaction(() => some.forEach(store.jobs.remove))
      const removed = from + some.length
      if (removed < ids.length) return next(pauseMs, () => removeSome(ids, removed))
      if (removed > 0) log.info('old jobs removed', { jobs: removed })
      next(everyMs, look)
    })

  return {
    /** Looks now, and from then on every hour. */
    look,
    /** The first look follows in a moment. */
    start: () => next(firstAfterMs, look),
    close(): void {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
