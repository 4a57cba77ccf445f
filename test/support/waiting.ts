import type { JobRead } from '../../lib/airbyte/types.ts'
import { decidePoll, type Said, type WaitState } from '../../lib/ingestion/waiting/decide-poll.ts'

export interface Seen {
  polls: number
  /** From the end of the job until it was seen. */
  lagSeconds: number
  /** Of the whole execution; Poll, choice and Wait while it goes on, five states at the end. */
  transitions: number
}

/** How long the next wait is; the answer to a look that found the job going on. */
export type Pace = (elapsedSeconds: number, polls: number) => number

/** What a poll itself takes: the function's invocation and one read. */
const pollSeconds = 0.3
const endTransitions = 5

/** Looks at a job of that length at that pace until it is seen to have ended. */
export const watch = (durationSeconds: number, pace: Pace): Seen => {
  let seenAt = 0
  for (let polls = 1; ; polls++) {
    seenAt += pollSeconds
    if (seenAt >= durationSeconds)
      return { polls, lagSeconds: seenAt - durationSeconds, transitions: (polls - 1) * 3 + endTransitions }
    seenAt += pace(seenAt, polls)
  }
}

export const fixedPace =
  (seconds: number): Pace =>
  () =>
    seconds

const startMs = Date.parse('2025-01-01T00:00:00Z')
const read: JobRead = { id: 1, configId: 'c', status: 'running', createdAt: startMs / 1000 }
const going: Said = { kind: 'going', read }

/** The pace of the poll function's own decisions, on a clock of the simulation. */
export const decidedPace = (expectedSeconds?: number): Pace => {
  let state: WaitState = {
    jobId: 1,
    connectionId: 'c',
    startedAt: new Date(startMs).toISOString(),
    deadline: new Date(startMs + 30 * 86_400_000).toISOString(),
    polls: 0,
    onTimeout: 'cancel',
    failOnEmpty: false,
    ...(expectedSeconds === undefined ? {} : { expectedSeconds }),
  }
  return (elapsedSeconds) => {
    const decision = decidePoll(state, going, new Date(startMs + elapsedSeconds * 1000))
    if (decision.next !== 'wait') throw new Error(`the job was called ${decision.outcome}`)
    state = decision
    return decision.waitSeconds
  }
}

/** The share `part` of the values is at most the result. */
export const quantile = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
