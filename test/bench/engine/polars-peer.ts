/** COPY as CSV into a file, which polars reads and writes as Parquet. Not a dependency: its packages are not on every mirror. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { loadPolars } from '../../support/polars.ts'

const folder = process.argv[2] ?? '.'
const polars = await loadPolars()
if (!polars) process.exit(1)
const csv = join(folder, 'polars.csv')
const psql = spawn('psql', ['-qc', 'COPY orders TO STDOUT (FORMAT csv, HEADER)'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const exit = once(psql, 'exit')
await pipeline(psql.stdout, createWriteStream(csv, { highWaterMark: 1 << 20 }))
await exit
await polars.scanCSV(csv).sinkParquet(join(folder, 'polars.parquet'), { compression: 'snappy' })
await rm(csv)
