const shortest = 5
/** Five minutes with the poll itself. */
const longest = 295

/** What is known of a job that goes on. Seconds; `left` until the deadline. */
export interface Progress {
  elapsed: number
  expected: number | undefined
  left: number
}

/**
 * Whole seconds until the next look. With history: until 85 % of the expected time, then steps of 2 % of it until it is
 * 10 % late. Without, and from then on: a tenth of the time gone. At least 5 s (1 s for jobs known to take seconds), so
 * that a job of seconds costs little; at most about
 * 5 min, so that a week's job stays well below Step Functions' 25,000 history events.
 */
export const waitSeconds = ({ elapsed, expected, left }: Progress): number => {
  const low = expected === undefined ? shortest : within(1, expected / 10, shortest)
  return Math.max(1, Math.min(Math.ceil(left), Math.round(within(low, wish(elapsed, expected), longest))))
}

const wish = (elapsed: number, expected: number | undefined): number => {
  if (expected === undefined || elapsed > expected * 1.1) return elapsed / 10
  return elapsed < expected * 0.85 ? expected * 0.85 - elapsed : expected * 0.02
}

/** Until a status that could not be read is asked for again. */
export const retryReadSeconds = (unreadableSeconds: number): number => within(5, Math.round(unreadableSeconds / 4), 60)

/** Median of what the last successes took, undefined without any. */
export const expectedSeconds = (history: readonly number[]): number | undefined => {
  const sorted = [...history].sort((a, b) => a - b)
  return sorted.length === 0 ? undefined : sorted[Math.floor((sorted.length - 1) / 2)]
}

const within = (low: number, value: number, high: number) => Math.max(low, Math.min(high, value))
