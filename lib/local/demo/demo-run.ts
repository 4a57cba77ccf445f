import { setTimeout as delay } from 'node:timers/promises'
import type { ObjectStoreAddress } from '../sample/object-store.ts'
import type { SampleAddress } from '../sample/sample-database.ts'
import { sampleActivity, sampleTables } from '../sample/sample-schema.ts'
import type { Stack } from '../stack.ts'
import { apiClient } from './api-client.ts'
import { type StoredObject, storedParquet } from './stored-parquet.ts'
import { syncProgress } from './sync-progress.ts'
import { type WatchedSync, watchSync } from './watched-sync.ts'

type TableName = (typeof sampleTables)[number]

/** What the demo did and found; `checks` are all true when it worked. */
export interface DemoResult {
  first: WatchedSync
  second: WatchedSync
  execution: { status: string; polls: number }
  objects: StoredObject[]
  /** Rows in the database and in the Parquet files after the first sync. */
  rows: readonly { table: TableName; source: number; parquet: number }[]
  /** First rows read back of `orders`. */
  sample: readonly Record<string, unknown>[]
  checks: readonly { what: string; ok: boolean }[]
}

/** Takes the time of a step and shows it. */
export type Step = <Result>(title: string, run: () => Promise<Result>) => Promise<Result>

const added = 500
const changed = 250
const executionPatienceMs = 30_000

/** Moves the sample shop to Parquet through the HTTP API alone, then a second time what has changed. */
export const runDemo = async (stack: Stack, step: Step, out: NodeJS.WriteStream): Promise<DemoResult> => {
  const { local, postgres, s3 } = stack
  if (!local || !postgres || !s3) throw new Error('The demo needs its own engine and samples.')
  const api = apiClient(stack.api)
  const stored = storedParquet(s3)
  const counts = await rowCounts(local.sample)
  const total = counts.customers + counts.orders

  const { id: sourceId } = await step('POST /datasource', () => api.createDatasource(datasource(postgres)))
  const { id: sinkId } = await step('POST /sink', () => api.createSink(sink(s3)))
  const { id: ingestionId } = await step('POST /ingestion', () => api.createIngestion(ingestion(sourceId, sinkId)))
  const first = await step('POST /ingestion/{id}/sync', () => watchSync(api, ingestionId, syncProgress(out, total)))
  const execution = await step('state machine', () => executionEnd(stack, first.executionArn))
  const firstObjects = await step('read the Parquet back', () => stored.list())
  const rows = sampleTables.map((table) => ({
    table,
    source: counts[table],
    parquet: sum(objectsOf(firstObjects, table).map((object) => object.rows)),
  }))

  const activity = `add ${added} orders, change ${changed}`
  await step(activity, () => local.sample.query(sampleActivity({ added, changed })))
  const second = await step('POST /ingestion/{id}/sync again', () =>
    watchSync(api, ingestionId, syncProgress(out, added + changed)),
  )
  const objects = await stored.list()
  const newObjects = objects.filter(({ key }) => !firstObjects.some((object) => object.key === key))
  const moved = new Set<number>()
  for (const { key } of objectsOf(newObjects, 'orders'))
    for (const row of await stored.read(key)) moved.add(Number(row.id))
  const [firstOrders] = objectsOf(firstObjects, 'orders')
  const sample = firstOrders ? await stored.read(firstOrders.key, { rows: 5 }) : []
  stored.close()

  return {
    first,
    second,
    execution,
    objects,
    rows,
    sample,
    checks: [
      { what: 'the job succeeded', ok: first.status === 'succeeded' && first.outcome === 'SUCCEEDED' },
      { what: `it reports all ${total.toLocaleString('en')} rows`, ok: first.recordsSynced === total },
      { what: 'the Parquet files hold every row', ok: rows.every(({ source, parquet }) => source === parquet) },
      { what: 'the state machine waited for it', ok: execution.status === 'SUCCEEDED' && execution.polls > 0 },
      { what: 'the second job succeeded', ok: second.status === 'succeeded' && second.outcome === 'SUCCEEDED' },
      { what: 'only new and changed orders travelled again', ok: onlyTouched(moved, counts.orders, second) },
    ],
  }
}

/** The payloads are those of the seed documents, in the second one's names for S3. */
const datasource = ({ host, port, database, username, password }: SampleAddress) => ({
  name: 'shop',
  type: 'postgres',
  config: { host, port, database, username, password },
})

const sink = ({ bucket, accessKeyId, secretAccessKey, endpoint }: ObjectStoreAddress) => ({
  name: 's3_sink',
  type: 's3',
  config: {
    bucket_name: bucket,
    bucket_region: 'us-east-1',
    access_key_id: accessKeyId,
    secret_access_key: secretAccessKey,
    path_prefix: 'exports/',
    // Not in the seed: without it the store would be AWS itself.
    s3_endpoint: endpoint,
  },
})

const ingestion = (sourceId: string, sinkId: string) => ({
  sourceId,
  sinkId,
  streams: sampleTables.map((name) => ({
    name,
    syncMode: 'incremental',
    cursorField: 'updated_at',
    destinationSyncMode: 'append',
  })),
  created: '2024-01-01T00:00:00Z',
  updated: '2024-01-01T00:00:00Z',
})

const rowCounts = async ({ query }: { query<Row>(sql: string): Promise<Row[]> }) => {
  const [counts] = await query<Record<TableName, number>>(
    `SELECT ${sampleTables.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`).join(', ')}`,
  )
  return counts ?? { customers: 0, orders: 0 }
}

/** Waits until the execution has ended. It may sleep for some seconds after the job has. */
const executionEnd = async ({ stateMachines }: Stack, arn: string | undefined) => {
  const execution = stateMachines.executions().find((candidate) => candidate.arn === arn)
  if (!execution) return { status: 'NOT STARTED', polls: 0 }
  const patience = new AbortController()
  await Promise.race([execution.finished, delay(executionPatienceMs, undefined, { signal: patience.signal })])
  patience.abort()
  const polls = execution.history.filter(
    ({ type, stateEnteredEventDetails: details }) =>
      type === 'TaskStateEntered' && (details as { name?: unknown } | undefined)?.name === 'Poll',
  ).length
  return { status: execution.status, polls }
}

const objectsOf = (objects: readonly StoredObject[], table: TableName) =>
  objects.filter(({ key }) => key.includes(`/${table}/`) && key.endsWith('.parquet'))

const onlyTouched = (moved: ReadonlySet<number>, ordersBefore: number, { recordsSynced }: WatchedSync): boolean => {
  const touched = [
    ...Array.from({ length: changed }, (_, index) => 1 + index),
    ...Array.from({ length: added }, (_, index) => ordersBefore + 1 + index),
  ]
  return moved.size === touched.length && touched.every((id) => moved.has(id)) && recordsSynced === touched.length
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
