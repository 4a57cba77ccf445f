import './setup.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { handler as meta } from '../../functions/meta/handler.ts'
import { handler as sync } from '../../functions/sync/handler.ts'
import { operations } from '../../lib/airbyte/operations.ts'
import { health } from '../../lib/http/contracts/health.ts'
import { getSync, startSync } from '../../lib/http/contracts/sync.ts'
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/aws-endpoint.ts'
import { type ProfileName, profiles } from '../support/airbyte/profile.ts'
import { call } from '../support/api-event.ts'
import { connect } from '../support/connection.ts'
import { useAirbyte } from './setup.ts'

const start = (id: string) =>
  call(sync, 'POST /ingestion/{id}/sync', { path: { id }, text: null, headers: { 'content-type': '' } })
const read = (jobId: unknown) => call(sync, 'GET /sync/{jobId}', { path: { jobId: String(jobId) } })

const machineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:wait'
interface Machine {
  started: { name: string; input: string }[]
  /** What is told of each execution that is not in `ended`. */
  described: Record<string, unknown>
  ended: Map<string, Record<string, unknown>>
}

let machine: Machine
let endpoint: AwsEndpoint

/** Step Functions as far as the function speaks to it, over HTTP through the real SDK, whose client stays with the first address. */
beforeAll(async () => {
  endpoint = await startAwsEndpoint({
    'AWSStepFunctions.StartExecution': (input) => {
      const { name, input: text } = input as { name: string; input: string }
      if (machine.started.some((one) => one.name === name))
        return { fault: 'ExecutionAlreadyExists', message: 'exists' }
      machine.started.push({ name, input: text })
      return { executionArn: 'arn', startDate: 1 }
    },
    'AWSStepFunctions.DescribeExecution': ({ executionArn }) => {
      const name = String(executionArn).replace(/^.*:execution:wait:/, '')
      return machine.started.some((one) => one.name === name)
        ? { executionArn, stateMachineArn: machineArn, startDate: 1, ...(machine.ended.get(name) ?? machine.described) }
        : { fault: 'ExecutionDoesNotExist', message: 'none' }
    },
  })
})
afterAll(() => endpoint.close())

const useMachine = (): Machine => {
  machine = { started: [], described: { status: 'RUNNING' }, ended: new Map() }
  Object.assign(process.env, {
    WAIT_STATE_MACHINE_ARN: machineArn,
    AWS_ENDPOINT_URL_SFN: endpoint.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  })
  return machine
}

describe.each(Object.keys(profiles) as ProfileName[])('against %s', (profile) => {
  it('a sync is started, attached to, and read', async () => {
    await using airbyte = await useAirbyte({ profile })
    const connectionId = connect(airbyte)
    const first = await start(connectionId)
    expect(first).toMatchObject({ status: 202, headers: { location: '/sync/1' } })
    expect(startSync.answer.parse(first.body)).toEqual({ jobId: 1, connectionId, attached: false })

    const again = await call(sync, 'POST /sync', { body: { connectionId } })
    expect(again).toMatchObject({ status: 202, body: { jobId: 1, attached: true } })

    const running = await read(1)
    expect(getSync.answer.parse(running.body)).toMatchObject({ jobId: 1, connectionId, status: 'running' })
    expect(running.body).not.toHaveProperty('outcome')

    Object.assign(airbyte.state.jobs[0] ?? {}, { status: 'succeeded', records: 150, streams: true })
    const done = await read(1)
    expect(getSync.answer.parse(done.body)).toMatchObject({
      outcome: 'SUCCEEDED',
      recordsSynced: 150,
      bytesSynced: 1500,
      streams: [{ name: 'orders', namespace: 'public', recordsSynced: 150 }],
      endedAt: expect.stringMatching(/Z$/),
    })
    expect(airbyte.violations).toEqual([])
  })

  it('an inactive ingestion is a clear 409', async () => {
    await using airbyte = await useAirbyte({ profile })
    expect(await start(connect(airbyte, 'inactive'))).toMatchObject({
      status: 409,
      body: { code: 'ingestion_inactive' },
    })
  })

  it('an unknown job is 404', async () => {
    await using airbyte = await useAirbyte({ profile })
    const unknown = { status: 404, body: { code: 'job_not_found', errors: [{ pointer: '/jobId' }] } }
    expect(await read(77)).toMatchObject(unknown)
    // With roles by workspace Airbyte forbids what it cannot place.
    for (const path of ['/jobs/get_without_logs', '/jobs/get']) airbyte.fail(path, { status: 403, body: '' })
    expect(await read(78)).toMatchObject(unknown)
  })

  it('the service is healthy', async () => {
    await using airbyte = await useAirbyte({ profile })
    const answer = await call(meta, 'GET /health')
    expect(answer.status).toBe(200)
    expect(health.answer.parse(answer.body)).toMatchObject({ status: 'ok', airbyte: { address: airbyte.url } })
  })
})

describe('starting', () => {
  it.each([
    ['no UUID', 'x'],
    ['unknown', crypto.randomUUID()],
  ])('an id that is %s is 404 with its pointer', async (_, id) => {
    await using _airbyte = await useAirbyte()
    expect(await start(id)).toMatchObject({ status: 404, body: { errors: [{ pointer: '/id' }] } })
    expect(await call(sync, 'POST /sync', { body: { connectionId: id } })).toMatchObject({
      status: 404,
      body: { errors: [{ pointer: '/connectionId' }] },
    })
  })

  it('an empty object as a body is as good as none, another is refused', async () => {
    await using airbyte = await useAirbyte()
    const path = { id: connect(airbyte) }
    expect((await call(sync, 'POST /ingestion/{id}/sync', { path, body: {} })).status).toBe(202)
    expect(await call(sync, 'POST /ingestion/{id}/sync', { path, body: { a: 1 } })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/a' }] },
    })
  })

  it.each([
    ['a cut connection', { cut: true, after: true }],
    ['a gateway time-out', { status: 504, after: true }],
    ['a server error after the work', { status: 500, after: true }],
  ])('a start that lost its answer to %s is found, never repeated', async (_, fault) => {
    await using airbyte = await useAirbyte()
    airbyte.fail('/connections/sync', fault)
    expect(await start(connect(airbyte))).toMatchObject({ status: 202, body: { jobId: 1, attached: false } })
    expect(airbyte.requests.filter((path) => path === '/connections/sync')).toHaveLength(1)
  })

  it('a start that is unanswered at the deadline is looked for', async () => {
    await using airbyte = await useAirbyte()
    process.env.HTTP_DEADLINE_MS = '1500'
    airbyte.fail('/connections/sync', { hang: true, after: true })
    expect(await start(connect(airbyte))).toMatchObject({ status: 202, body: { jobId: 1 } })
  })

  it('a start that may have got lost is told so', async () => {
    await using airbyte = await useAirbyte()
    airbyte.fail('/connections/sync', { cut: true })
    expect(await start(connect(airbyte))).toMatchObject({ status: 504, body: { code: 'outcome_unknown' } })
    expect(airbyte.state.jobs).toHaveLength(0)
  })

  it('a sync that ends between the refusal and the look is started again', async () => {
    await using airbyte = await useAirbyte()
    airbyte.fail('/connections/sync', { status: 409, body: '{"message":"A sync is already running for: x"}' })
    expect(await start(connect(airbyte))).toMatchObject({ status: 202, body: { jobId: 1, attached: false } })
  })

  it('one execution waits for a job, however often it is asked for', async () => {
    await using airbyte = await useAirbyte()
    const machine = useMachine()
    const connectionId = connect(airbyte)
    const first = await start(connectionId)
    const again = await start(connectionId)
    expect(machine.started).toHaveLength(1)
    const [{ name, input }] = machine.started as [{ name: string; input: string }]
    expect(name).toMatch(/^job-1-[0-9a-f]{8}$/)
    expect(first.body.executionArn).toBe(`arn:aws:states:us-east-1:000000000000:execution:wait:${name}`)
    expect(again.body.executionArn).toBe(first.body.executionArn)
    expect(JSON.parse(input)).toEqual({
      jobId: 1,
      connectionId,
      startedAt: expect.any(String),
      deadline: expect.any(String),
      polls: 0,
      onTimeout: 'cancel',
      failOnEmpty: false,
    })
    expect((await read(1)).body.wait).toEqual({ status: 'RUNNING', executionArn: first.body.executionArn })
    Object.assign(machine.described, { status: 'FAILED', error: 'TIMED_OUT' })
    expect((await read(1)).body.wait).toMatchObject({ status: 'FAILED', outcome: 'TIMED_OUT' })
    Object.assign(machine.described, { status: 'SUCCEEDED', error: undefined, output: '{"outcome":"SUSPECT"}' })
    expect((await read(1)).body.wait).toMatchObject({ status: 'SUCCEEDED', outcome: 'SUSPECT' })
  })

  it.each([{ status: 'FAILED', error: 'LOST' }, { status: 'FAILED', error: 'TIMED_OUT' }, { status: 'ABORTED' }])(
    'a job whose waiting has given up (%j) is waited for anew, once',
    async (end) => {
      await using airbyte = await useAirbyte()
      const machine = useMachine()
      const connectionId = connect(airbyte)
      const first = await start(connectionId)
      const [{ name } = { name: '' }] = machine.started
      machine.ended.set(name, end)
      expect((await read(1)).body.wait).toMatchObject({
        ...(end.error ? { outcome: end.error } : {}),
        status: end.status,
      })
      const executionArn = `${first.body.executionArn}-2`
      for (let time = 0; time < 2; time++)
        expect(await start(connectionId)).toMatchObject({ body: { jobId: 1, attached: true, executionArn } })
      expect(machine.started.map((one) => one.name)).toEqual([name, `${name}-2`])
      expect((await read(1)).body.wait).toEqual({ status: 'RUNNING', executionArn })
    },
  )

  it('a job whose waiting has told its end is not waited for again', async () => {
    await using airbyte = await useAirbyte()
    const machine = useMachine()
    const connectionId = connect(airbyte)
    const { body } = await start(connectionId)
    Object.assign(machine.described, { status: 'FAILED', error: 'FAILED' })
    expect((await start(connectionId)).body.executionArn).toBe(body.executionArn)
    expect(machine.started).toHaveLength(1)
  })

  it('a machine that cannot be reached does not lose the job', async () => {
    await using airbyte = await useAirbyte()
    useMachine()
    await endpoint.close()
    const answer = await start(connect(airbyte))
    expect(answer).toMatchObject({ status: 202, body: { jobId: 1 } })
    expect(answer.body).not.toHaveProperty('executionArn')
  })
})

it('starts of syncs have the time that they need: two minutes have been seen', () => {
  for (const name of ['startSync', 'startRefresh', 'startClear', 'startStreamClear', 'startReset'] as const)
    expect(operations[name]).toMatchObject({ repeatable: false, timeoutMs: 150_000 })
})

describe('reading', () => {
  it.each(['x', '-1', '1.5', '1e3', '99999999999999999999', '%20'])('%s is no job', async (jobId) => {
    await using _ = await useAirbyte()
    expect(await read(jobId)).toMatchObject({ status: 404, body: { code: 'job_not_found' } })
  })

  it('a failure is told in words', async () => {
    await using airbyte = await useAirbyte()
    airbyte.addJob('c', {
      status: 'failed',
      failures: [{ failureOrigin: 'source', failureType: 'config_error', externalMessage: 'no such table' }],
    })
    expect((await read(1)).body).toMatchObject({
      outcome: 'FAILED',
      failure: { origin: 'source', type: 'config_error', message: 'no such table', retryable: false },
    })
  })
})

describe('with Airbyte down', () => {
  it.each([
    ['POST /sync', { body: { connectionId: crypto.randomUUID() } }],
    ['POST /ingestion/{id}/sync', { path: { id: crypto.randomUUID() } }],
    ['GET /sync/{jobId}', { path: { jobId: '1' } }],
  ])('%s says which address was tried', async (route, request) => {
    const airbyte = await useAirbyte()
    await airbyte[Symbol.asyncDispose]()
    expect(await call(sync, route, request)).toMatchObject({
      status: 503,
      body: { code: 'airbyte_unreachable', detail: expect.stringContaining(`Tried ${airbyte.url}`) },
    })
  })

  it('health says so too', async () => {
    const airbyte = await useAirbyte()
    await airbyte[Symbol.asyncDispose]()
    expect(await call(meta, 'GET /health')).toMatchObject({ status: 503, body: { code: 'airbyte_unreachable' } })
  })
})
