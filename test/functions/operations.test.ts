import './setup.ts'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import type { Context } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { handler as operation } from '../../functions/operation/handler.ts'
import { createIngestion } from '../../lib/http/contracts/ingestion.ts'
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/aws-endpoint.ts'
import { operationMachine } from '../../lib/local/aws/operation-machine.ts'
import { createStateMachines, type StateMachines } from '../../lib/local/aws/sfn-endpoint.ts'
import type { StandIn } from '../support/airbyte/stand-in.ts'
import type { Answer } from '../support/api-event.ts'
import { awsClient } from '../support/aws-client.ts'
import { eventually } from '../support/eventually.ts'
import { ask } from '../support/http-api.ts'
import { mysql, s3, useAirbyte } from './setup.ts'

/** Of requests that are to miss it. What they do before Airbyte is slow must fit in, on a busy machine too. */
const deadlineMs = '1500'

let machines: StateMachines
let endpoint: AwsEndpoint
let airbyte: StandIn
let sourceId: string
let sinkId: string

beforeAll(async () => {
  const machine = operationMachine({
    invoke: async (_arn, input) =>
      (await operation(input as never, { getRemainingTimeInMillis: () => 60_000 } as Context)) as never,
    events: new EventBridgeClient(awsClient('http://127.0.0.1:9')),
  })
  machines = createStateMachines([machine])
  endpoint = await startAwsEndpoint(machines.actions)
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SFN: endpoint.url,
  })
})
afterAll(async () => {
  await machines.close()
  await endpoint.close()
})

beforeEach(async () => {
  airbyte = await useAirbyte()
  process.env.OPERATION_STATE_MACHINE_ARN =
    'arn:aws:states:us-east-1:000000000000:stateMachine:airbyte-ingestion-local-operation'
  sourceId = String((await ask('POST /datasource', { body: mysql })).body.id)
  sinkId = String((await ask('POST /sink', { body: s3 })).body.id)
})
afterEach(async () => {
  expect(airbyte.violations).toEqual([])
  await airbyte[Symbol.asyncDispose]()
})

/** Airbyte's connectors and starts of syncs answer only when the request has been answered. */
const whileAirbyteIsSlow = async (request: () => Promise<Answer>): Promise<Answer> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  Object.assign(airbyte.state, { inspected: promise, started: promise })
  process.env.HTTP_DEADLINE_MS = deadlineMs
  try {
    return await request()
  } finally {
    process.env.HTTP_DEADLINE_MS = ''
    resolve()
  }
}

/** What the operation came to that a location or a body names. */
const operationEnd = (operation: unknown, isRunning = ({ status }: Answer) => status === 202): Promise<Answer> =>
  eventually(async () => {
    const id = String(operation).replace('/operations/', '')
    const answer = await ask('GET /operations/{id}', { path: { id } })
    return isRunning(answer) ? undefined : answer
  })

/** Asks while Airbyte is slow, is answered 202, and follows it to its end. */
const askSlow: typeof ask = async (route, request) => {
  const { status, headers, body } = await whileAirbyteIsSlow(() => ask(route, request))
  expect([status, body]).toEqual([202, { status: 'running', operation: headers.location }])
  return operationEnd(headers.location)
}

describe('work that takes longer than a request', () => {
  it.each([
    ['datasource', () => sourceId],
    ['sink', () => sinkId],
  ] as const)('the check of a %s goes on, and its result is kept', async (kind, id) => {
    airbyte.state.check = { status: 'failed', message: 'no route to host', jobInfo: { succeeded: true } }
    const answer = await askSlow(`POST /${kind}/{id}/check`, { path: { id: id() } })
    expect([answer.status, answer.body]).toEqual([200, { status: 'failed', message: 'no route to host' }])
  })

  it('a schema is read, and answered as it would have been', async () => {
    const path = { id: sourceId }
    const query = { stream: 'orders' }
    const answer = await askSlow('GET /datasource/{id}/schema', { path, query })
    expect(answer.status).toBe(200)
    expect(answer.body.streams).toMatchObject([{ name: 'orders' }])
    // By the request and by the operation, but not by who asks for the result: not every Airbyte remembers a schema.
    expect(airbyte.requests.filter((path) => path === '/sources/discover_schema')).toHaveLength(2)
    expect((await ask('GET /datasource/{id}/schema', { path, query })).body).toEqual(answer.body)
  })

  it('an ingestion is made once, with what was asked for', async () => {
    const body = { sourceId, sinkId, name: 'late', streams: [{ name: 'orders' }], schedule: { cron: '0 6 * * *' } }
    const stamps = { created: '2024-01-01T00:00:00Z', updated: '2024-01-02T00:00:00Z' }
    const answer = await askSlow('POST /ingestion', { body: { ...body, ...stamps } })
    expect(answer.status).toBe(201)
    expect(createIngestion.answer.parse(answer.body)).toMatchObject({
      ...stamps,
      sourceId,
      sinkId,
      name: 'late',
      streams: [{ name: 'orders', why: expect.any(String) }],
    })
    expect([...airbyte.state.connections.keys()]).toEqual([answer.body.id])
    airbyte.state.discovered.clear()
    const twin = await askSlow('POST /ingestion', { body, query: { ifExists: 'return' } })
    expect([twin.status, twin.body]).toMatchObject([200, { id: answer.body.id, existing: true }])
  })

  it('an ingestion takes another selection', async () => {
    const { body } = await ask('POST /ingestion', { body: { sourceId, sinkId } })
    airbyte.state.discovered.clear()
    const path = { id: String(body.id) }
    const answer = await askSlow('PATCH /ingestion/{id}', { path, body: { streams: [{ name: 'orders' }] } })
    expect([answer.status, answer.body.streams]).toMatchObject([200, [{ name: 'orders' }]])
    const refreshed = await askSlow('POST /ingestion/{id}/refresh-schema', { path, query: { apply: 'true' } })
    expect(refreshed.body).toEqual({
      changes: [],
      available: [{ name: 'customers', namespace: 'public' }],
      applied: false,
    })
  })

  it('ends with the problem that the request would have been answered', async () => {
    const body = { sourceId, sinkId, streams: [{ name: 'nothing' }] }
    const answer = await askSlow('POST /ingestion', { body })
    expect([answer.status, answer.body.errors]).toMatchObject([422, [{ pointer: '/streams/0/name' }]])
    airbyte.state.catalog = undefined
    airbyte.state.discovered.clear()
    const refused = await askSlow('GET /datasource/{id}/schema', { path: { id: sourceId } })
    expect([refused.status, refused.body.code]).toEqual([422, 'connector_config'])
  })

  it('a check beside a creation is told later; what was made is told now', async () => {
    const body = { ...mysql, name: 'checked' }
    const made = await whileAirbyteIsSlow(() => ask('POST /datasource', { query: { check: 'true' }, body }))
    expect([made.status, made.body.check]).toMatchObject([201, { status: 'running' }])
    const { operation } = made.body.check as { operation: string }
    expect((await operationEnd(operation)).body).toEqual({ status: 'succeeded' })
  })

  it('a start that Airbyte is slow to answer is not repeated: its job is found and waited for', async () => {
    const { body } = await ask('POST /ingestion', { body: { sourceId, sinkId } })
    const connectionId = String(body.id)
    airbyte.addJob(connectionId, { status: 'succeeded' })
    const answer = await whileAirbyteIsSlow(async () => {
      const handedOver = await ask('POST /sync', { body: { connectionId, failOnEmpty: true } })
      const asked = airbyte.requests.length
      // The operation has looked, and found nothing yet.
      await eventually(() => airbyte.requests.indexOf('/jobs/list', asked) >= 0 || undefined)
      return handedOver
    })
    expect([answer.status, answer.headers.location]).toEqual([202, expect.stringMatching(/^\/operations\//)])
    const found = await operationEnd(answer.headers.location, (now) => now.body.status === 'running')
    expect([found.status, found.headers.location]).toEqual([202, '/sync/2'])
    expect(found.body).toEqual({ jobId: 2, connectionId, attached: false })
    expect(airbyte.requests.filter((path) => path === '/connections/sync')).toHaveLength(1)
  })

  it('carries no secret through the state machine', () => {
    expect(machines.executions().length).toBeGreaterThan(5)
    for (const { input, output } of machines.executions()) expect(`${input}${output}`).not.toMatch(/canary/)
  })

  it('is a 504 where nothing can do it later', async () => {
    process.env.OPERATION_STATE_MACHINE_ARN = ''
    const answer = await whileAirbyteIsSlow(() => ask('POST /datasource/{id}/check', { path: { id: sourceId } }))
    expect([answer.status, answer.body.code]).toEqual([504, 'timed_out'])
  })

  it('is not handed over when it was Airbyte that did not answer', async () => {
    process.env.HTTP_DEADLINE_MS = deadlineMs
    airbyte.fail('/sources/get', { hang: true })
    const answer = await ask('GET /datasource/{id}', { path: { id: sourceId } })
    expect([answer.status, answer.body.code]).toEqual([504, 'timed_out'])
  })
})
