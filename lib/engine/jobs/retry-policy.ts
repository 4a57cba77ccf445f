import { type Attempt, type JobStatus, totalOf } from '../job.ts'

/** How often and how soon a failed attempt is followed by another. */
export interface RetryPolicy {
  /** Attempts that committed nothing: in a row, and in all. */
  maxCompleteFailuresInRow: number
  maxCompleteFailures: number
  /** Attempts that committed something: in a row, and in all. */
  maxPartialFailuresInRow: number
  maxPartialFailures: number
  /** Wait after the first complete failure; grows by `backoffBase` for each one that follows it. */
  backoffMs: number
  backoffBase: number
  maxBackoffMs: number
}

/** Airbyte's own figures (2.0.0, airbyte-workers application.yml). */
export const airbyteRetryPolicy: RetryPolicy = {
  maxCompleteFailuresInRow: 5,
  maxCompleteFailures: 10,
  maxPartialFailuresInRow: 1000,
  maxPartialFailures: 20,
  backoffMs: 10_000,
  backoffBase: 3,
  maxBackoffMs: 1_800_000,
}

/** What becomes of a job whose last attempt has ended. */
export type Verdict = { status: Extract<JobStatus, 'succeeded' | 'failed' | 'cancelled'> } | { retryAfterMs: number }

/**
 * Decides by the attempts so far, the last one ended. After progress the next attempt follows at once, after none it waits
 * longer each time; a configuration error is final, since only a human can mend it. Pure.
 */
export const verdictOf = (attempts: readonly Attempt[], policy: RetryPolicy): Verdict => {
  const last = attempts.at(-1)
  if (!last || last.status === 'running') throw new Error('A verdict needs an attempt that has ended')
  if (last.status === 'succeeded') return { status: 'succeeded' }
  const types = last.failures.map(({ failureType }) => failureType)
  if (types.includes('manual_cancellation')) return { status: 'cancelled' }
  if (types.includes('config_error')) return { status: 'failed' }

  // An attempt that the engine ended, by stopping or by being killed, says nothing about the sync: it does not count.
  const isPartial = attempts
    .filter((attempt) => !wasEndedByEngine(attempt))
    .map(({ streams }) => totalOf(streams).recordsCommitted > 0)
  const partial = isPartial.filter(Boolean).length
  const complete = isPartial.length - partial
  const lastPartial = isPartial.lastIndexOf(true)
  const lastComplete = isPartial.lastIndexOf(false)
  const completeInRow = isPartial.length - 1 - lastPartial
  const partialInRow = isPartial.length - 1 - lastComplete
  if (
    completeInRow >= policy.maxCompleteFailuresInRow ||
    complete >= policy.maxCompleteFailures ||
    partialInRow >= policy.maxPartialFailuresInRow ||
    partial >= policy.maxPartialFailures
  )
    return { status: 'failed' }
  if (completeInRow === 0 || wasEndedByEngine(last)) return { retryAfterMs: 0 }
  return { retryAfterMs: Math.min(policy.backoffMs * policy.backoffBase ** (completeInRow - 1), policy.maxBackoffMs) }
}

const wasEndedByEngine = ({ failures }: Attempt) =>
  failures.some(({ failureOrigin }) => failureOrigin === 'airbyte_platform')
