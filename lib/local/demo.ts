import { Command } from 'commander'
import { failWith, toStderr } from './command-line.ts'
import { type DemoResult, runDemo, type Step } from './demo/demo-run.ts'
import { textTable } from './demo/text-table.ts'
import { stopOnSignal } from './shutdown.ts'
import { startStack } from './stack.ts'

const { json, verbose } = new Command('npm run demo --')
  .description(
    'Starts everything on free ports, moves a sample shop from Postgres to Parquet twice, and checks what arrived.',
  )
  .option('--json', 'print one line of JSON on stdout, all else on stderr', false)
  .option('--verbose', 'show the log of every part', false)
  .parse()
  .opts<{ json: boolean; verbose: boolean }>()

const out = json ? process.stderr : process.stdout
const say = (text: string) => out.write(`${text}\n`)

const times: { title: string; seconds: number }[] = []
const step: Step = async (title, run) => {
  say(`▸ ${title}`)
  const startedAt = performance.now()
  const result = await run()
  times.push({ title, seconds: (performance.now() - startedAt) / 1000 })
  return result
}

/** Shown when the demo fails. */
const logged: string[] = []
const log = (line: string) => {
  if (verbose) toStderr(line)
  logged.push(line)
  if (logged.length > 200) logged.shift()
}

const report = ({ rows, objects, sample, checks, second }: DemoResult) => {
  const shownColumns = ['id', 'status', 'total', 'currency', 'ship_to', 'updated_at']
  say(`\nFirst rows of orders, read back from the Parquet:`)
  say(
    textTable(
      shownColumns,
      sample.map((row) => shownColumns.map((column) => row[column])),
    ),
  )
  say('\nRows after the first sync:')
  say(
    textTable(
      ['table', 'Postgres', 'Parquet'],
      rows.map(({ table, source, parquet }) => [table, source, parquet]),
    ),
  )
  say(`\nRows in the second sync: ${second.recordsSynced.toLocaleString('en')}`)
  say('\nObjects:')
  say(
    textTable(
      ['bytes', 'rows', 'key'],
      objects.map(({ key, bytes, rows: count }) => [bytes, count, key]),
      200,
    ),
  )
  say('\nSeconds:')
  say(
    textTable(
      ['seconds', 'step'],
      times.map(({ title, seconds }) => [Number(seconds.toFixed(2)), title]),
      200,
    ),
  )
  say('')
  for (const { what, ok } of checks) say(`${ok ? '✓' : '✗'} ${what}`)
}

const line = ({ first, second, objects, execution }: DemoResult) =>
  JSON.stringify({
    jobId: first.jobId,
    status: first.status,
    outcome: first.outcome,
    recordsSynced: first.recordsSynced,
    bytesSynced: first.bytesSynced,
    seconds: Number(first.seconds.toFixed(3)),
    secondSync: { recordsSynced: second.recordsSynced },
    objects,
    execution,
  })

/** As the shell tells of a program that Ctrl-C ended. */
const interrupted = 130
const close = async () => (await starting.catch(() => undefined))?.close()
const stopping = stopOnSignal(close, interrupted)
const starting = step('start engine, Postgres with 160,000 rows, S3, AWS stand-ins, functions', () =>
  startStack({ apiPort: 0, enginePort: 0, watch: false, log, signal: stopping }),
)
try {
  const stack = await starting
  const result = await runDemo(stack, step, out)
  report(result)
  if (json) process.stdout.write(`${line(result)}\n`)
  const failed = [result.first, result.second].filter(({ failure }) => failure !== undefined)
  for (const { jobId, failure } of failed) say(`job ${jobId}: ${JSON.stringify(failure)}`)
  await stack.close()
  process.exit(result.checks.every(({ ok }) => ok) ? 0 : 1)
} catch (error) {
  if (!stopping.aborted) {
    for (const entry of logged) toStderr(entry)
    await close()
    failWith(error)
  }
}
