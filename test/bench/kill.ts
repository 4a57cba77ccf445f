import { type KillPlan, runKills } from './kill/kill-run.ts'

const plans: readonly (KillPlan & { title: string })[] = [
  { title: 'one writer, every statement a transaction', seed: 11, kills: 100, bulkRows: 12_000, overlapping: false },
  { title: 'overlapping transactions, lookback window', seed: 12, kills: 100, bulkRows: 12_000, overlapping: true },
]

/** SIGKILL at random moments while rows are written: nothing may be lost, doubled or seen in part. */
export const kill = async (): Promise<void> => {
  for (const { title, ...plan } of plans) {
    const startedAt = performance.now()
    process.stdout.write(`\n${title} (seed ${plan.seed})\n`)
    const report = await runKills(plan, (text) => process.stdout.write(`  ${text}\n`))
    const { faults, ...figures } = report
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    for (const [name, value] of Object.entries({ ...figures, seconds }))
      process.stdout.write(`  ${name.padEnd(20)} ${String(value).padStart(9)}\n`)
    for (const fault of faults) process.stdout.write(`  FAULT ${fault}\n`)
    process.stdout.write(
      `  ${faults.length === 0 ? 'ok: nothing lost, nothing doubled, nothing seen in part' : 'FAILED'}\n`,
    )
    if (faults.length > 0) process.exitCode = 1
  }
}
