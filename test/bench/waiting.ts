import type { JobRead } from '../../lib/airbyte/types.ts'
import { decidePoll, type WaitState } from '../../lib/ingestion/waiting/decide-poll.ts'
import { textTable } from '../../lib/local/demo/text-table.ts'
import { runWaitMachine } from '../support/wait-machine.ts'
import { decidedPace, fixedPace, type Pace, quantile, type Seen, seeded, watch } from '../support/waiting.ts'

const syncs = 10_000
const shortest = 5
const longest = 86_400
const dollarsPerTransition = 25 / 1_000_000

const paces: Readonly<Record<string, (durationSeconds: number) => Pace>> = {
  'history, exact': (duration) => decidedPace(duration),
  'history, half': (duration) => decidedPace(duration / 2),
  'history, one and a half': (duration) => decidedPace(duration * 1.5),
  'no history': () => decidedPace(),
  'fixed 10 s': () => fixedPace(10),
  'fixed 60 s': () => fixedPace(60),
}

/** Cost and delay of waiting for 10,000 syncs, by the poll function's own decisions and by fixed steps; then the bars. */
export const waiting = async (): Promise<void> => {
  const random = seeded(4)
  // As many of seconds as of hours.
  const durations = Array.from({ length: syncs }, () => shortest * (longest / shortest) ** random())
  const rows = Object.entries(paces).map(([name, paceFor]) => {
    const seen = durations.map((duration) => ({ duration, ...watch(duration, paceFor(duration)) }))
    const transitions = seen.reduce((sum, one) => sum + one.transitions, 0) / syncs
    return [
      name,
      Number(transitions.toFixed(1)),
      `$${(transitions * dollarsPerTransition * 1000).toFixed(2)}`,
      Number(
        quantile(
          seen.map((one) => one.lagSeconds),
          0.5,
        ).toFixed(1),
      ),
      `${(
        quantile(
          seen.map((one) => one.lagSeconds / one.duration),
          0.99,
        ) * 100
      ).toFixed(1)} %`,
      Number(Math.max(...seen.map((one) => one.lagSeconds)).toFixed(0)),
    ]
  })
  console.log(`${syncs.toLocaleString('en')} syncs of 5 s to 24 h, spread evenly over the logarithm of their length`)
  console.log(
    textTable(['waiting', 'transitions', 'per 1,000 syncs', 'lag s, median', 'lag share, p99', 'lag s, most'], rows),
  )
  const { historyEvents, polls } = await week()
  const checks = bars(historyEvents)
  console.log(`\nA job of 7 days through the real state machine: ${polls} polls, ${historyEvents} history events`)
  console.log(
    textTable(
      ['bar', 'measured', ''],
      checks.map(({ bar, measured, isMet }) => [bar, measured, isMet ? 'met' : 'MISSED']),
      80,
    ),
  )
  if (checks.some(({ isMet }) => !isMet)) process.exitCode = 1
}

const hour = 3600

/** An hour-long sync, ending anywhere within a minute of the hour: the most transitions and the longest lag. */
const worstHour = (paceFor: (durationSeconds: number) => Pace): Seen =>
  Array.from({ length: 120 }, (_, step) => hour - 30 + step / 2)
    .map((duration) => watch(duration, paceFor(duration)))
    .reduce((worst, one) => ({
      polls: Math.max(worst.polls, one.polls),
      transitions: Math.max(worst.transitions, one.transitions),
      lagSeconds: Math.max(worst.lagSeconds, one.lagSeconds),
    }))

const bars = (weekEvents: number) => {
  const bar = (text: string, paceFor: (duration: number) => Pace, transitions: number, lagSeconds: number) => {
    const seen = worstHour(paceFor)
    return {
      bar: `1 h, ${text}: at most ${transitions} transitions, lag ${lagSeconds} s`,
      measured: `${seen.transitions} transitions, ${seen.lagSeconds.toFixed(0)} s`,
      isMet: seen.transitions <= transitions && seen.lagSeconds <= lagSeconds,
    }
  }
  return [
    bar('exact history', (duration) => decidedPace(duration), 65, hour * 0.02),
    bar('history half', (duration) => decidedPace(duration / 2), 120, 300),
    bar('history one and a half', (duration) => decidedPace(duration * 1.5), 120, 300),
    bar('no history', () => decidedPace(), 180, 300),
    {
      bar: '7 days: fewer than 20,000 history events',
      measured: `${weekEvents}`,
      isMet: weekEvents < 20_000,
    },
  ]
}

/** The real ASL with the real decisions and a clock that only the waits move. */
const week = async () => {
  const start = Date.parse('2025-01-01T00:00:00Z')
  const read: JobRead = { id: 1, configId: 'c', status: 'running', createdAt: start / 1000 }
  const input: WaitState = {
    jobId: 1,
    connectionId: 'c',
    startedAt: new Date(start).toISOString(),
    deadline: new Date(start + 8 * 86_400_000).toISOString(),
    polls: 0,
    onTimeout: 'cancel',
    failOnEmpty: false,
  }
  let now = start
  let polls = 0
  const { historyEvents, error } = await runWaitMachine(
    { ...input },
    {
      poll: (state) => {
        polls++
        const isOver = now >= start + 7 * 86_400_000
        const job = { read: { ...read, status: 'succeeded', aggregatedStats: { recordsCommitted: 1 } }, attempts: [] }
        const decision = decidePoll(
          state as unknown as WaitState,
          isOver ? { kind: 'ended', job } : { kind: 'going', read },
          new Date(now),
        )
        if (decision.next === 'wait') now += decision.waitSeconds * 1000
        return decision
      },
      publish: () => ({ FailedEntryCount: 0 }),
    },
  )
  if (error) throw error
  return { historyEvents, polls }
}
