import '../../support/loud-log.ts'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { handler as datasource } from '../../../functions/datasource/handler.ts'
import { handler as ingestion } from '../../../functions/ingestion/handler.ts'
import { handler as meta } from '../../../functions/meta/handler.ts'
import { handler as sink } from '../../../functions/sink/handler.ts'
import { handler as sync } from '../../../functions/sync/handler.ts'
import { openApiFile } from '../../../lib/deploy/openapi.ts'
import type { Routes } from '../../../lib/http/api.ts'
import { examples } from '../../../lib/http/contracts/examples.ts'
import { type AwsEndpoint, startAwsEndpoint } from '../../../lib/local/aws/aws-endpoint.ts'
import { useAirbyte } from '../../functions/setup.ts'
import type { StandIn } from '../../support/airbyte/stand-in.ts'
import { call } from '../../support/api-event.ts'
import { connect } from '../../support/connection.ts'
import { written } from '../../support/loud-log.ts'

const functions = [datasource, sink, ingestion, sync, meta] as unknown as (Parameters<typeof call>[0] & {
  routes: Routes
})[]
const handlerOf = (routeKey: string) => {
  const found = functions.find(({ routes }) => routeKey in routes)
  if (!found) throw new Error(`no function has ${routeKey}`)
  return found
}
const send = (routeKey: string, request: Parameters<typeof call>[2] = {}) =>
  call(handlerOf(routeKey), routeKey, request)

let airbyte: StandIn
let aws: AwsEndpoint
/** Inputs of state machines. */
const inputs: string[] = []
let isMachineGone = false

beforeAll(async () => {
  airbyte = await useAirbyte()
  aws = await startAwsEndpoint({
    'AWSStepFunctions.StartExecution': (input) => {
      if (isMachineGone) return { fault: 'StateMachineDoesNotExist', message: 'gone' }
      inputs.push(JSON.stringify(input))
      return { executionArn: 'arn:aws:states:us-east-1:000000000000:execution:wait:1', startDate: 1 }
    },
  })
  Object.assign(process.env, {
    WAIT_STATE_MACHINE_ARN: 'arn:aws:states:us-east-1:000000000000:stateMachine:wait',
    AWS_ENDPOINT_URL_SFN: aws.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  })
})

afterAll(async () => {
  await aws.close()
  await airbyte[Symbol.asyncDispose]()
})

const lines = (from: number) =>
  written
    .slice(from)
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('the request log', () => {
  it('tells route, status, duration and calls to Airbyte', async () => {
    const start = written.length
    await send('GET /datasource')
    expect(lines(start)).toMatchObject([
      {
        message: 'request',
        route: 'GET /datasource',
        requestId: 'request-1',
        status: 200,
        durationMs: expect.any(Number),
        upstreamCalls: expect.any(Number),
      },
    ])
  })

  it('names the job that was asked for, if it can be one', async () => {
    const start = written.length
    await send('GET /sync/{jobId}', { path: { jobId: '4711' } })
    await send('GET /sync/{jobId}', { path: { jobId: 'secret' } })
    expect(lines(start).map(({ jobId }) => jobId)).toEqual([4711, undefined])
  })

  it('counts what the alarms look at', async () => {
    const { url } = airbyte
    process.env.AIRBYTE_BASE_URL = 'http://127.0.0.1:1/api/v1'
    const start = written.length
    const { status } = await send('GET /health')
    process.env.AIRBYTE_BASE_URL = url
    expect(status).toBe(503)
    const metric = lines(start).find((line) => '_aws' in line)
    expect(metric).toMatchObject({ AirbyteUnreachable: 1, service: 'airbyte-ingestion', stage: 'dev' })
    expect(JSON.stringify(metric?._aws)).toContain('"Namespace":"airbyte-ingestion"')
    expect(JSON.stringify(metric?._aws)).toContain('"Dimensions":[["service","stage"]]')
  })
})

const canary = 'cAnArY'
let count = 0
const planted = () => `${canary}${++count}`

/** A value of the same shape, each text of it a canary of its own; also as names of members that nobody asked for. */
const poisoned = (value: unknown): unknown => {
  if (typeof value === 'string') return planted()
  if (Array.isArray(value)) return value.map(poisoned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, poisoned(member)]))
}

const { paths } = JSON.parse(readFileSync(openApiFile, 'utf8')) as { paths: Record<string, Record<string, unknown>> }
const routeKeys = Object.entries(paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
)

describe('canaries in every field', () => {
  it.each(routeKeys)('%s: none in the log, a metric or an input of a state machine', async (routeKey) => {
    const example = examples[routeKey] as Record<string, unknown> | undefined
    const path = Object.fromEntries([...routeKey.matchAll(/{(\w+)}/g)].map(([, name = '']) => [name, planted()]))
    const headers = { authorization: planted(), 'x-api-key': planted(), cookie: planted(), 'x-other': planted() }
    const bodies: unknown[] = example ? [poisoned(example), { ...example, [planted()]: planted() }] : [undefined]
    // One text at a time, so that what is checked first does not hide what is checked last.
    for (const [key, value] of Object.entries(example ?? {})) bodies.push({ ...example, [key]: poisoned(value) })
    for (const body of bodies) await send(routeKey, { path, headers, ...(body === undefined ? {} : { body }) })
    await send(routeKey, { path, headers, query: { [planted()]: planted(), limit: planted(), cursor: planted() } })
    await send(routeKey, { path, headers, text: `{"a":"${planted()}` })
    expect(written.join('')).not.toContain(canary)
    expect(inputs.join('')).not.toContain(canary)
  })

  it('a secret never comes back, whatever becomes of the request', async () => {
    const secret = 'hIdDeN-1234'
    const secrets = { password: secret }
    const config = { host: 'db.example', port: 5432, database: 'shop', username: 'reader', ...secrets }
    const answers = [
      await send('POST /datasource', { body: { name: 'a', type: 'postgres', config } }),
      await send('POST /datasource', { query: { dryRun: 'true' }, body: { name: 'a', type: 'postgres', config } }),
      await send('POST /datasource', { body: { name: 'a', type: 'postgres', config: { ...config, port: 'none' } } }),
      await send('POST /datasource', { body: { name: 'a', type: 'nothing-like-it', config } }),
      await send('POST /datasource', { body: { name: 'a', type: 'postgres', config, extra: secrets } }),
      await send('POST /datasource', { body: { name: 1, type: 'postgres', config } }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 422, 404, 422, 422])
    expect(JSON.stringify(answers)).not.toContain(secret)
    const id = String(answers[0]?.body.id)
    const later = [
      await send('GET /datasource/{id}', { path: { id } }),
      await send('GET /datasource'),
      await send('PATCH /datasource/{id}', { path: { id }, body: { config: { password: `${secret}5` } } }),
      await send('POST /datasource/{id}/check', { path: { id } }),
    ]
    expect(JSON.stringify(later)).not.toContain(secret)
    expect(written.join('')).not.toContain(secret)
  })

  it('counts a sync that nothing waits for', async () => {
    isMachineGone = true
    const connectionId = connect(airbyte)
    const start = written.length
    const { status, body } = await send('POST /sync', { body: { connectionId } })
    isMachineGone = false
    expect([status, body.executionArn]).toEqual([202, undefined])
    expect(lines(start).find((line) => '_aws' in line)).toMatchObject({ WaitNotStarted: 1, stage: 'dev' })
  })
})
