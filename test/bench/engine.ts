import { cpus } from 'node:os'
import { textTable } from '../../lib/local/demo/text-table.ts'
import { hasMariaDb, startMariaDb } from '../support/mariadb.ts'
import { csvPeers } from './engine/csv-peers.ts'
import type { JobFigures } from './engine/engine-process.ts'
import { type Stage, startStage } from './engine/stage.ts'
import { mariaTableSql, tableSql } from './engine/table.ts'

const defaultRows = 3_000_000
const smallRows = 150_000
/** Of each comparison, in turns, so that a busy moment of the machine does not hit one side alone. */
const rounds = 3

let bigRows = defaultRows

interface Bar {
  readonly bar: string
  readonly measured: string
  readonly isMet: boolean
}

const parts: Readonly<Record<string, (stage: Stage) => Promise<readonly Bar[]>>> = {
  parquet: postgresToParquet,
  peers,
  postgres: postgresToPostgres,
  mariadb: mariaDbToParquet,
  reference: referenceJob,
  incremental,
  tables: manyTables,
}

/**
 * Jobs of a real engine, over its API, beside what the database's own tools need for the same rows; then the bars.
 * `args` are names of parts, and a number of rows for a quick look.
 */
export const engine = async (args: readonly string[]): Promise<void> => {
  bigRows = Number(args.find((arg) => /^\d+$/.test(arg)) ?? defaultRows)
  const wanted = args.filter((arg) => !/^\d+$/.test(arg))
  const names = wanted.length > 0 ? wanted : Object.keys(parts)
  const unknown = names.find((name) => !Object.hasOwn(parts, name))
  if (unknown) throw new Error(`no part "${unknown}": choose from ${Object.keys(parts).join(', ')}`)
  const stage = await startStage()
  try {
    console.log(
      `${cpus().length} processors (${cpus()[0]?.model}), node ${process.version}; database, store and engine share them`,
    )
    await stage.sql(tableSql(bigRows))
    await stage.sql(`CREATE TABLE orders_small AS SELECT * FROM orders WHERE id <= ${smallRows}`)
    await stage.sql('VACUUM ANALYZE')
    const bars: Bar[] = [bar('engine ready in 1 s', stage.engine.readySeconds, 1, 's')]
    for (const name of names) bars.push(...((await parts[name]?.(stage)) ?? []))
    console.log(
      `\n${textTable(
        ['bar', 'measured', ''],
        bars.map((one) => [one.bar, one.measured, one.isMet ? 'met' : 'MISSED']),
        90,
      )}`,
    )
    if (bars.some((one) => !one.isMet)) process.exitCode = 1
  } finally {
    await stage.stop()
  }
}

async function postgresToParquet(stage: Stage): Promise<readonly Bar[]> {
  const source = await stage.postgresSource()
  const plain = await stage.engine.connection(source, await stage.s3Destination('plain'), [orders])
  const withMetadata = await stage.engine.connection(
    source,
    await stage.s3Destination('meta', { metadata_columns: true }),
    [orders],
  )
  const fourfold = await stage.engine.connection(source, await stage.s3Destination('fourfold'), [
    { name: 'orders_x4', namespace: 'public' },
  ])
  const limits: number[] = []
  const jobs: JobFigures[] = []
  for (let round = 0; round < rounds; round++) {
    limits.push((await stage.shell(`psql -qc "COPY orders TO STDOUT (FORMAT binary)" > /dev/null`)).seconds)
    await stage.engine.settle()
    jobs.push(await stage.engine.sync(plain))
  }
  await stage.engine.settle()
  const meta = await stage.engine.sync(withMetadata)
  await stage.engine.settle()
  const four = await stage.engine.sync(fourfold)
  const [limit, job] = [median(limits), middle(jobs)]
  table(`Postgres to S3 Parquet SNAPPY, ${bigRows.toLocaleString('en')} rows of 12 columns`, [
    ['psql COPY binary > /dev/null', limit, bigRows / limit, job.bytes / limit / 1e6, '', '', 1],
    line('engine, without metadata columns', job, limit),
    line('engine, with metadata columns', meta, limit),
    line('engine, four times the rows', four, limit * 4),
  ])
  await sameRows(stage, 'plain', 'orders')
  const peak = Math.max(...jobs.map(({ peakMb }) => peakMb), meta.peakMb)
  return [
    bar('Postgres to Parquet: at most 1.5 times psql', job.seconds / limit, 1.5, 'x'),
    bar('memory of engine and child: at most 450 MB', peak, 450, 'MB'),
    bar('memory with four times the rows: at most 1.15 times', four.peakMb / peak, 1.15, 'x'),
  ]
}

async function peers(stage: Stage): Promise<readonly Bar[]> {
  table('The same by others, to a local file, without the upload', await csvPeers(stage, bigRows))
  return []
}

async function postgresToPostgres(stage: Stage): Promise<readonly Bar[]> {
  await stage.sql('CREATE SCHEMA copy; CREATE TABLE copy.by_psql (LIKE orders)')
  const destination = await stage.postgresDestination({ schema: 'copy', metadata_columns: false })
  const connection = await stage.engine.connection(await stage.postgresSource(), destination, [orders], 'destination')
  const limits: number[] = []
  const jobs: JobFigures[] = []
  for (let round = 0; round < rounds; round++) {
    await stage.sql('TRUNCATE copy.by_psql; CHECKPOINT')
    const pipe = `psql -qc "COPY orders TO STDOUT (FORMAT binary)" | psql -qc "COPY copy.by_psql FROM STDIN (FORMAT binary)"`
    limits.push((await stage.shell(pipe)).seconds)
    await stage.sql('CHECKPOINT')
    await stage.engine.settle()
    jobs.push(await stage.engine.sync(connection))
  }
  const [limit, job] = [median(limits), middle(jobs)]
  table('Postgres to Postgres, without metadata columns', [
    ['psql COPY | psql COPY, binary', limit, bigRows / limit, job.bytes / limit / 1e6, '', '', 1],
    line('engine', job, limit),
  ])
  return [bar('Postgres to Postgres: at most 1.1 times psql | psql', job.seconds / limit, 1.1, 'x')]
}

async function mariaDbToParquet(stage: Stage): Promise<readonly Bar[]> {
  if (!hasMariaDb()) return []
  const server = await startMariaDb()
  try {
    const client = await server.connect()
    await client.query(mariaTableSql(bigRows))
    await client.end()
    const { host, port, database, username, password } = server
    const source = await stage.mysqlSource({ host, port, database, username, password })
    const stream = { name: 'orders', namespace: database }
    const connection = await stage.engine.connection(source, await stage.s3Destination('maria'), [stream])
    const limits: number[] = []
    const jobs: JobFigures[] = []
    const command = `mariadb --quick -B -h 127.0.0.1 -P ${port} -u ${username} ${database} -e "SELECT * FROM orders" > /dev/null`
    for (let round = 0; round < rounds; round++) {
      limits.push((await stage.shell(command, { MYSQL_PWD: password })).seconds)
      await stage.engine.settle()
      jobs.push(await stage.engine.sync(connection))
    }
    const [limit, job] = [median(limits), middle(jobs)]
    table('MariaDB to S3 Parquet SNAPPY', [
      ['mariadb --quick > /dev/null', limit, bigRows / limit, job.bytes / limit / 1e6, '', '', 1],
      line('engine, without metadata columns', job, limit),
    ])
    const rate = job.rows / job.seconds
    const isMet = rate >= 350_000 || job.seconds <= 1.3 * limit
    const measured = `${rounded(rate)} rows/s, ${(job.seconds / limit).toFixed(2)} x`
    return [{ bar: 'MariaDB to Parquet: 350,000 rows/s, or at most 1.3 times mariadb --quick', measured, isMet }]
  } finally {
    await server.stop()
  }
}

async function referenceJob(stage: Stage): Promise<readonly Bar[]> {
  const destination = await stage.s3Destination('reference', { metadata_columns: true })
  const stream = { name: 'orders_small', namespace: 'public' }
  const connection = await stage.engine.connection(await stage.postgresSource(), destination, [stream])
  const jobs: JobFigures[] = []
  for (let round = 0; round < rounds + 1; round++) {
    await stage.engine.settle()
    jobs.push(await stage.engine.sync(connection))
  }
  // The first one compiles what the later ones find compiled.
  const job = middle(jobs.slice(1))
  table('The reference job: 150,000 rows, metadata columns on', [
    line('first after the start', jobs[0] as JobFigures),
    line('warm', job),
  ])
  return [bar('the reference job, warm: 1.2 s', job.seconds, 1.2, 's')]
}

async function incremental(stage: Stage): Promise<readonly Bar[]> {
  const config = { syncMode: 'incremental', destinationSyncMode: 'append', cursorField: ['updated_at'] }
  const destination = await stage.s3Destination('incremental')
  const connection = await stage.engine.connection(await stage.postgresSource(), destination, [{ ...orders, config }])
  const first = await stage.engine.sync(connection)
  const jobs: JobFigures[] = []
  for (let round = 0; round < rounds; round++) {
    await stage.sql(
      `UPDATE orders SET updated_at = clock_timestamp() WHERE id IN (SELECT 1 + (i * 1499) % ${bigRows} FROM generate_series(1, 2000) i)`,
    )
    await stage.engine.settle()
    jobs.push(await stage.engine.sync(connection))
  }
  const job = middle(jobs)
  table('Incremental by an indexed cursor', [line('first sync, every row', first), line('2,000 rows changed', job)])
  if (job.rows < 2_000) throw new Error(`only ${job.rows} changed rows arrived`)
  return [bar('2,000 changed rows of 3,000,000: 0.5 s', job.seconds, 0.5, 's')]
}

async function manyTables(stage: Stage): Promise<readonly Bar[]> {
  const names = Array.from({ length: 1_000 }, (_, index) => `small_${index}`)
  await stage.sql('CREATE SCHEMA many')
  for (const name of names)
    await stage.sql(`CREATE TABLE many.${name} AS SELECT id, status, amount, updated_at FROM orders WHERE id <= 100`)
  const destination = await stage.s3Destination('many')
  const streams = names.map((name) => ({ name, namespace: 'many' }))
  const connection = await stage.engine.connection(await stage.postgresSource(), destination, streams)
  await stage.engine.settle()
  const job = await stage.engine.sync(connection)
  table('1,000 tables of 100 rows in one connection', [line('engine', job)])
  return [
    bar('1,000 small tables: 60 s', job.seconds, 60, 's'),
    bar('memory with 1,000 small tables: at most 450 MB', job.peakMb, 450, 'MB'),
  ]
}

const orders = { name: 'orders', namespace: 'public' }

/** Counts and sums by DuckDB, which shares no code with the engine, against the database's own. */
const sameRows = async (stage: Stage, path: string, name: string) => {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const files = (await stage.objectsOf(path)).map((file) => `'${file}'`)
  const facts =
    'count(*) AS rows, sum(id) AS ids, sum(amount) AS amounts, sum(length(attributes::text)) AS json, count(note) AS notes'
  const [source] = await stage.sql(`SELECT ${facts} FROM ${name}`)
  const connection = await (await DuckDBInstance.create()).connect()
  const reader = await connection.runAndReadAll(`SELECT ${facts} FROM read_parquet([${files.join(', ')}])`)
  connection.closeSync()
  const [found = []] = reader.getRows()
  const expected = Object.values(source ?? {}).map(String)
  if (expected.join() !== found.map(String).join())
    throw new Error(`DuckDB finds ${found.join()}, Postgres ${expected.join()}`)
  console.log(`DuckDB finds the same ${found[0]} rows and sums in ${files.length} objects`)
}

const line = (name: string, job: JobFigures, limit?: number) => [
  name,
  job.seconds,
  job.rows / job.seconds,
  job.bytes / job.seconds / 1e6,
  job.cpuSeconds.toFixed(1),
  String(job.peakMb),
  limit === undefined ? '' : (job.seconds / limit).toFixed(2),
]

const table = (title: string, rows: readonly (readonly unknown[])[]) => {
  const cells = rows.map(([name, seconds, perSecond, mb, cpu, peak, ratio]) => [
    name,
    Number(Number(seconds).toFixed(2)),
    rounded(Number(perSecond)),
    Math.round(Number(mb)),
    cpu,
    peak,
    typeof ratio === 'number' ? ratio.toFixed(2) : ratio,
  ])
  console.log(`\n${title}\n${textTable(['', 's', 'rows/s', 'MB/s', 'CPU s', 'MB', 'ratio'], cells, 60)}`)
}

const bar = (text: string, measured: number, most: number, unit: string): Bar => ({
  bar: text,
  measured: `${unit === 'MB' ? measured : measured.toFixed(2)} ${unit}`,
  isMet: measured <= most,
})

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const middle = (jobs: readonly JobFigures[]): JobFigures =>
  jobs.toSorted((a, b) => a.seconds - b.seconds)[jobs.length >> 1] as JobFigures
const rounded = (value: number): string => Math.round(value).toLocaleString('en')
