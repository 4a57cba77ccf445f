import { setTimeout as passed } from 'node:timers/promises'
import { connectAirbyte } from '../../../lib/airbyte/airbyte.ts'
import { apiRoot } from '../../../lib/airbyte/base-url.ts'
import { isTerminal, jobStats } from '../../../lib/airbyte/jobs.ts'

const {
  AIRBYTE_BASE_URL = 'http://localhost:8000',
  PG_HOST = 'postgres',
  PG_PORT = '5432',
  PG_DATABASE = 'ecommerce',
} = process.env
const {
  PG_USER = 'postgres',
  PG_PASSWORD = '',
  S3_ENDPOINT = 'http://minio:9000',
  S3_BUCKET = 'datalake',
} = process.env
const { S3_KEY = 'minioadmin', S3_SECRET = '' } = process.env

const airbyte = connectAirbyte({
  baseUrl: apiRoot(AIRBYTE_BASE_URL, 'AIRBYTE_BASE_URL'),
  auth: { mode: 'none' }, // or basic, bearer, client_credentials
})
const signal = AbortSignal.timeout(10 * 60_000)
const workspaceId = await airbyte.workspaceId(signal)

// A source and a destination, each checked.
const postgres = await airbyte.definitions.resolve('source', 'postgres', workspaceId, signal)
const source = await airbyte.actors.create(
  'source',
  {
    workspaceId,
    name: 'PostgreSQL - Ecommerce',
    definitionId: postgres.definitionId,
    configuration: {
      host: PG_HOST,
      port: Number(PG_PORT),
      database: PG_DATABASE,
      username: PG_USER,
      password: PG_PASSWORD,
      ssl_mode: { mode: 'disable' },
      replication_method: { method: 'Standard' },
    },
  },
  signal,
)
const s3 = await airbyte.definitions.resolve('destination', 's3', workspaceId, signal)
const destination = await airbyte.actors.create(
  'destination',
  {
    workspaceId,
    name: 'MinIO - Bronze',
    definitionId: s3.definitionId,
    configuration: {
      s3_bucket_name: S3_BUCKET,
      s3_bucket_path: 'bronze/',
      s3_bucket_region: 'us-east-1',
      access_key_id: S3_KEY,
      secret_access_key: S3_SECRET,
      s3_endpoint: S3_ENDPOINT,
      format: { format_type: 'Parquet', compression_codec: 'SNAPPY' },
    },
  },
  signal,
)
for (const { kind, id, name } of [source, destination]) {
  const { status, message } = await airbyte.actors.check(kind, id, signal)
  if (status !== 'succeeded') throw new Error(`${name}: ${message ?? 'the check could not run'}`)
}

// Whole discovered streams go back to Airbyte, with how each is to be moved.
const { catalog, catalogId } = await airbyte.client.discoverSchema({ sourceId: source.id }, signal)
const streams = (catalog?.streams ?? [])
  .filter(({ stream }) => ['customers', 'orders'].includes(stream.name))
  .map(({ stream }) => ({
    stream,
    config: { syncMode: 'incremental', cursorField: ['updated_at'], destinationSyncMode: 'append', selected: true },
  }))
const { connectionId } = await airbyte.client.createConnection(
  {
    sourceId: source.id,
    destinationId: destination.id,
    name: 'PostgreSQL → MinIO',
    status: 'active',
    namespaceDefinition: 'source',
    syncCatalog: { streams },
    ...(catalogId ? { sourceCatalogId: catalogId } : {}),
    scheduleType: 'basic',
    scheduleData: { basicSchedule: { units: 6, timeUnit: 'hours' } },
  },
  signal,
)

// A first sync, to its end.
const { job } = await airbyte.client.startSync({ connectionId }, signal)
console.log(`Sync started: job ${job.id}`)
while (!isTerminal((await airbyte.jobs.getLight(job.id, signal)).status)) await passed(1_000)
const ended = await airbyte.jobs.get(job.id, signal)
console.log(`Job ${job.id} ${ended.read.status}: ${jobStats(ended).records} rows`)
