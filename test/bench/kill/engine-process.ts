/** The engine as a program of its own, to be killed; its one argument is the data directory, its one line the URL. */
import { airbyteRetryPolicy } from '../../../lib/engine/jobs/retry-policy.ts'
import { stderrLog } from '../../../lib/engine/log.ts'
import { startEngine } from '../../../lib/engine/server.ts'

const engine = await startEngine({
  dataDir: process.argv[2] ?? '',
  port: 0,
  log: stderrLog,
  // Killed all the time, it would otherwise spend its time waiting.
  retryPolicy: { ...airbyteRetryPolicy, backoffMs: 20, maxBackoffMs: 100, maxCompleteFailuresInRow: 1000 },
  checkpoints: { everyRows: 5_000, everyMs: 300 },
})
process.on('SIGTERM', () => void engine.close().then(() => process.exit(0)))
process.stdout.write(`${engine.url}\n`)
