import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StoredParquet, storedParquet } from '../../lib/local/demo/stored-parquet.ts'
import { sampleActivity } from '../../lib/local/sample/sample-schema.ts'
import { type Stack, startStack } from '../../lib/local/stack.ts'
import { eventually } from '../support/eventually.ts'
import { parquetTexts, type TextRow, textSelect } from '../support/parquet-text.ts'
import { projectRoot } from '../support/stack-package.ts'

interface Answer {
  status: number
  type: string | null
  location: string | null
  body: Record<string, unknown>
}

let stack: Stack
let stored: StoredParquet
const logged: string[] = []
/** Every answer's text, for the search for secrets. */
const answered: string[] = []

/** Fewer than those of `npm start`, whose 150,000 the demo moves; still several batches. */
const sampleSize = { customers: 10_000, orders: 40_000 }

beforeAll(async () => {
  stack = await startStack({ apiPort: 0, enginePort: 0, sampleSize, watch: false, log: (line) => logged.push(line) })
  if (!stack.s3) throw new Error('the stack has no object store')
  stored = storedParquet(stack.s3)
})

afterAll(async () => {
  stored?.close()
  await stack?.close()
})

const call = async (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answer> => {
  const response = await fetch(`${stack.api}${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: headers ?? (body === undefined ? {} : { 'content-type': 'application/json' }),
  })
  const text = await response.text()
  answered.push(text)
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    location: response.headers.get('location'),
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  }
}

const local = () => {
  if (!stack.local || !stack.postgres || !stack.s3) throw new Error('the stack has no samples')
  return { ...stack.local, postgres: stack.postgres, s3: stack.s3 }
}

const datasourceBody = () => {
  const { host, port, database, username, password } = local().postgres
  return { name: 'shop', type: 'postgres', config: { host, port, database, username, password } }
}

const sinkBody = () => {
  const { bucket, accessKeyId, secretAccessKey, endpoint } = local().s3
  return {
    name: 's3_sink',
    type: 's3',
    config: {
      bucket_name: bucket,
      bucket_region: 'us-east-1',
      access_key_id: accessKeyId,
      secret_access_key: secretAccessKey,
      path_prefix: 'exports/',
      s3_endpoint: endpoint,
    },
  }
}

const stream = (name: string) => ({
  name,
  syncMode: 'incremental',
  cursorField: 'updated_at',
  destinationSyncMode: 'append',
})

const startSync = async (path: string, body?: object) => {
  const started = await call('POST', path, body)
  expect(started).toMatchObject({ status: 202, location: `/sync/${started.body.jobId}`, body: { attached: false } })
  return started.body as { jobId: number; executionArn: string }
}

const jobEnd = (jobId: number) =>
  eventually(async () => {
    const { body } = await call('GET', `/sync/${jobId}`)
    return ['pending', 'running', 'incomplete'].includes(String(body.status)) ? undefined : body
  })

const executionEnd = (arn: string) =>
  eventually(() => {
    const execution = stack.stateMachines.executions().find((candidate) => candidate.arn === arn)
    return execution && execution.status !== 'RUNNING' ? execution : undefined
  })

const databaseTexts = async (table: string) => {
  const { sample } = local()
  const columns = await sample.query<{ name: string; type: string }>(
    'SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_name = $1',
    [table],
  )
  return { columns, rows: await sample.query<TextRow>(textSelect(table, columns)) }
}

/** The first differences between two sets of rows with unique ids. */
const differences = (expected: readonly TextRow[], actual: readonly TextRow[]): string[] => {
  const found = new Map(actual.map((row) => [row.id, row]))
  const wrong = expected.flatMap((row) =>
    Object.entries(row)
      .filter(([column, value]) => found.get(row.id ?? null)?.[column] !== value)
      .map(([column, value]) => `${row.id}.${column}: ${value} became ${found.get(row.id ?? null)?.[column]}`),
  )
  const counted = expected.length === actual.length ? [] : [`${expected.length} rows became ${actual.length}`]
  return [...counted, ...wrong.slice(0, 10)]
}

let ingestionId: string

describe('the pipeline of npm start', () => {
  it('is healthy', async () => {
    expect(await call('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } })
  })

  it('registers, links, syncs, waits and publishes, with the payloads of the seed documents', async () => {
    const datasource = await call('POST', '/datasource', datasourceBody())
    expect(datasource).toMatchObject({ status: 201, body: { config: { password: '**********' } } })
    const sink = await call('POST', '/sink', sinkBody())
    expect(sink.status).toBe(201)
    const ingestion = await call('POST', '/ingestion', {
      sourceId: datasource.body.sourceId,
      sinkId: sink.body.sinkId,
      streams: [stream('customers'), stream('orders')],
      created: '2024-01-01T00:00:00Z',
      updated: '2024-01-01T00:00:00Z',
    })
    expect(ingestion).toMatchObject({ status: 201, body: { created: '2024-01-01T00:00:00Z' } })
    ingestionId = String(ingestion.body.id)

    const { jobId, executionArn } = await startSync(`/ingestion/${ingestionId}/sync`)
    expect(await jobEnd(jobId)).toMatchObject({ status: 'succeeded', outcome: 'SUCCEEDED', recordsSynced: 50_000 })
    expect(await executionEnd(executionArn)).toMatchObject({ status: 'SUCCEEDED' })
    expect(await call('GET', `/sync/${jobId}`)).toMatchObject({
      body: { wait: { status: 'SUCCEEDED', outcome: 'SUCCEEDED', executionArn } },
    })
    expect(stack.events.recent()).toMatchObject([
      { source: 'airbyte.ingestion', 'detail-type': 'Sync Finished', detail: { jobId, outcome: 'SUCCEEDED' } },
    ])
  })

  it.each(['customers', 'orders'])('wrote every row of %s as the database has it, value by value', async (table) => {
    const { columns, rows } = await databaseTexts(table)
    const decimals = columns.filter(({ type }) => type === 'numeric').map(({ name }) => name)
    const written = await parquetTexts(stored, `exports/public/${table}/`, decimals)
    expect(differences(rows, written)).toEqual([])
    expect(rows.length).toBeGreaterThan(9_999)
  })

  it('moves only what has changed the next time, started by POST /sync', async () => {
    await local().sample.query(sampleActivity({ added: 30, changed: 20 }))
    const { jobId, executionArn } = await startSync('/sync', { connectionId: ingestionId })
    expect(await jobEnd(jobId)).toMatchObject({ status: 'succeeded', recordsSynced: 50 })
    expect(await executionEnd(executionArn)).toMatchObject({ status: 'SUCCEEDED' })
  })
})

describe('what is wrong with a request', () => {
  const nobody = '00000000-0000-4000-8000-000000000000'
  const json = { 'content-type': 'application/json' }
  it.each([
    [400, 'POST', '/datasource', '{"name":', json, undefined],
    [415, 'POST', '/datasource', '{}', { 'content-type': 'text/plain' }, undefined],
    [422, 'POST', '/datasource', '{"type":"postgres","config":{}}', json, '/name'],
    [404, 'POST', '/datasource', '{"name":"x","type":"no-such-thing","config":{}}', json, '/type'],
    [422, 'POST', '/datasource', '{"name":"x","type":"postgres","config":{}}', json, '/config/host'],
    [404, 'POST', '/ingestion', `{"sourceId":"${nobody}","sinkId":"${nobody}"}`, json, '/sourceId'],
    [404, 'POST', `/ingestion/${nobody}/sync`, undefined, {}, '/id'],
    [404, 'POST', '/sync', `{"connectionId":"${nobody}"}`, json, '/connectionId'],
    [404, 'GET', '/sync/999999', undefined, {}, '/jobId'],
  ])('is told by %i and a pointer: %s %s %s', async (status, method, path, body, headers, pointer) => {
    const answer = await call(method, path, body, headers)
    expect(answer).toMatchObject({ status, type: expect.stringMatching(/^application\/problem\+json/) })
    if (pointer) expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer }))
    expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*\.(ts|mjs|js):\d+/)
  })
})

const seedClient = join(projectRoot, '../shared/acceptance/seed_client.py')
const whyNoSeedClient = (): string | undefined => {
  if (!existsSync(seedClient)) return 'the folder ../shared/acceptance is not here'
  if (spawnSync('python3', ['-c', 'import requests']).status !== 0) return 'python3 with requests is not installed'
  return undefined
}
const reason = whyNoSeedClient()
if (reason) console.log(`seed_client.py is not run: ${reason}`)

describe.runIf(reason === undefined)("the API reference's own Python examples", () => {
  it('work against the engine', async () => {
    const { postgres, s3 } = local()
    const { host, port, database, username, password } = postgres
    const { stdout } = await promisify(execFile)('python3', [
      seedClient,
      ...['--base-url', stack.engine],
      ...['--pg', [host, port, database, username, password].join(':')],
      ...['--s3', [s3.endpoint, s3.accessKeyId, s3.secretAccessKey, s3.bucket].join(':')],
    ])
    expect(JSON.parse(stdout)).toMatchObject({ recordsSynced: 50_030, secondSync: 0 })
  })
})

describe('secrets', () => {
  it('are in no log line, answer, state, event or process list', async () => {
    const secrets = [local().postgres.password, local().s3.secretAccessKey]
    const states = stack.stateMachines.executions().map(({ input, output, history }) => ({ input, output, history }))
    expect(states.length).toBeGreaterThan(1)
    const places = {
      logged: logged.join('\n'),
      answered: answered.join('\n'),
      states: JSON.stringify(states),
      events: JSON.stringify(stack.events.recent()),
      processes: execFileSync('ps', ['-eww', '-o', 'args='], { encoding: 'utf8' }),
    }
    for (const [place, text] of Object.entries(places)) {
      expect(text.length, place).toBeGreaterThan(0)
      for (const secret of secrets) expect(text.includes(secret), place).toBe(false)
    }
  })
})

describe('with the engine stopped', () => {
  beforeAll(() => local().engine.close())

  const routes: [string, string, () => unknown][] = [
    ['GET', '/health', () => undefined],
    ['POST', '/datasource', datasourceBody],
    ['POST', '/sink', sinkBody],
    ['POST', '/ingestion', () => ({ sourceId: ingestionId, sinkId: ingestionId })],
    ['POST', '/ingestion/{id}/sync', () => undefined],
    ['POST', '/sync', () => ({ connectionId: ingestionId })],
    ['GET', '/sync/1', () => undefined],
  ]
  it.each(routes)('%s %s says what was tried and what to check', async (method, path, body) => {
    const answer = await call(method, path.replace('{id}', ingestionId), body())
    expect([502, 503]).toContain(answer.status)
    expect(answer.type).toMatch(/^application\/problem\+json/)
    expect(answer.body.detail).toContain(new URL(stack.engine).host)
  })
})
