import { type KillPlan, runKills } from './kill/kill-run.ts'

const writers = [
  { title: 'one writer, every statement a transaction', seed: 11, overlapping: false },
  { title: 'overlapping transactions, lookback window', seed: 12, overlapping: true },
]
const amounts = { kills: 100, bulkRows: 12_000 }

/** SIGKILL at random moments while rows are written: nothing may be lost, doubled or seen in part. `source`: of one database only. */
export const kill = async ([source]: readonly string[]): Promise<void> => {
  const sources = (['postgres', 'mariadb'] as const).filter((one) => source === undefined || source === one)
  if (sources.length === 0) throw new Error(`The source is "${source}": give postgres or mariadb, or nothing for both.`)
  for (const source of sources)
    for (const { title, ...writing } of writers) await report(`${source}: ${title}`, { source, ...writing, ...amounts })
}

const report = async (title: string, plan: KillPlan) => {
  const startedAt = performance.now()
  process.stdout.write(`\n${title} (seed ${plan.seed})\n`)
  const { faults, ...figures } = await runKills(plan, (text) => process.stdout.write(`  ${text}\n`))
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  for (const [name, value] of Object.entries({ ...figures, seconds }))
    process.stdout.write(`  ${name.padEnd(20)} ${String(value).padStart(9)}\n`)
  for (const fault of faults) process.stdout.write(`  FAULT ${fault}\n`)
  process.stdout.write(
    `  ${faults.length === 0 ? 'ok: nothing lost, nothing doubled, nothing seen in part' : 'FAILED'}\n`,
  )
  if (faults.length > 0) process.exitCode = 1
}
