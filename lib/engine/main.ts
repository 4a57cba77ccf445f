import { mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { IngestionError } from '../errors.ts'
import { stderrLog } from './log.ts'

const portNumber = (text: string): number => {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('0 to 65535; 0 = any free one.')
  return port
}

const workerCount = (text: string): number => {
  const workers = Number(text)
  if (!Number.isInteger(workers) || workers < 1) throw new InvalidArgumentError('1 or more.')
  return workers
}

const command = new Command('engine')
  .description("The embedded engine: Airbyte's Config API on this machine, and the syncs behind it.")
  .option('--port <port>', 'listen on this port of 127.0.0.1', portNumber, 8000)
  .option(
    '--data <directory>',
    'keep sources, connections, jobs and states here',
    join(homedir(), '.airbyte-ingestion'),
  )
  .option('--workers <count>', 'syncs that may run at the same time', workerCount, 4)
  .option('--json', 'print one line {"engine","data"} on stdout when ready', false)

const { port, data, workers, json } = command
  .parse()
  .opts<{ port: number; data: string; workers: number; json: boolean }>()
const dataDir = resolve(data)

/**
 * Compiling takes half of the start. `npm run engine` sets NODE_COMPILE_CACHE, which holds for this file too, so that the
 * type stripper and its 25 MB are not loaded at all; without it only what is loaded after this call is cached.
 */
const loadServer = async () => {
  try {
    // The cache would make the directory with access for everybody.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    enableCompileCache(join(dataDir, 'compile-cache'))
  } catch {
    // Whoever opens the store there can say what is wrong.
  }
  return await import('./server.ts')
}

// Whoever read what is printed may be gone: no reason to take the syncs along.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

try {
  const { startEngine } = await loadServer()
  const engine = await startEngine({ dataDir, port, workers, log: stderrLog })
  process.stdout.write(
    json ? `${JSON.stringify({ engine: engine.url, data: dataDir })}\n` : `engine  ${engine.url}\ndata    ${dataDir}\n`,
  )
  const stop = () => {
    engine.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
} catch (error) {
  process.stderr.write(`${error instanceof IngestionError ? error.message : String(error)}\n`)
  process.exitCode = 1
}
