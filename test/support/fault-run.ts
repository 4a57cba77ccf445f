import './quiet-log.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import type { Context } from 'aws-lambda'
import { handler as poll } from '../../functions/poll/handler.ts'
import { handler as sync } from '../../functions/sync/handler.ts'
import { airbyteRetryPolicy } from '../../lib/engine/jobs/retry-policy.ts'
import type { Outcome } from '../../lib/ingestion/sync/job-result.ts'
import { type SyncFinished, syncFinished } from '../../lib/ingestion/waiting/sync-finished.ts'
import { startAwsEndpoint } from '../../lib/local/aws/aws-endpoint.ts'
import { createEventBus } from '../../lib/local/aws/events-endpoint.ts'
import { startIdempotencyTable } from '../../lib/local/aws/idempotency-table.ts'
import { createStateMachines } from '../../lib/local/aws/sfn-endpoint.ts'
import type { InvokeFunction } from '../../lib/local/aws/task-handlers.ts'
import { waitMachine } from '../../lib/local/aws/wait-machine.ts'
import { startShop } from '../lib/engine/shop.ts'
import { testEngine } from '../lib/engine/test-engine.ts'
import { call } from './api-event.ts'
import { eventually } from './eventually.ts'
import { type FaultKind, startFaultProxy } from './fault-proxy.ts'
import { seeded } from './waiting.ts'

export interface FaultReport {
  syncs: number
  requests: number
  faults: ReadonlyMap<FaultKind, number>
  /** Invocations that failed and were repeated, as Lambda or a client does. */
  repeated: number
  /** Events and requests that were delivered again although the first delivery had done it. */
  duplicates: number
  outcomes: ReadonlyMap<Outcome, number>
  /** What should not be: each with the sync that it happened to. */
  wrong: string[]
  executionsLeft: number
}

type Kind = 'orders' | 'denied' | 'missing' | 'slow'
type Fate = 'left alone' | 'cancelled' | 'past its deadline'

interface Plan {
  kind: Kind
  fate: Fate
  via: 'event' | 'request'
  again: 'no' | 'at once' | 'later'
}

const planOf = (random: () => number): Plan => {
  const pick = <Choice>(choices: readonly (readonly [Choice, number])[]): Choice => {
    let left = random()
    for (const [choice, share] of choices) {
      left -= share
      if (left < 0) return choice
    }
    return (choices[0] as readonly [Choice, number])[0]
  }
  const kind = pick<Kind>([
    ['orders', 0.68],
    ['denied', 0.12],
    ['missing', 0.1],
    ['slow', 0.1],
  ])
  return {
    kind,
    fate:
      kind === 'slow'
        ? pick<Fate>([
            ['cancelled', 0.6],
            ['past its deadline', 0.4],
          ])
        : 'left alone',
    via: pick([
      ['event', 0.6],
      ['request', 0.4],
    ]),
    again: pick([
      ['no', 0.6],
      ['at once', 0.2],
      ['later', 0.2],
    ]),
  }
}

const mostTries = 12
const repeatMs = 50
const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 } as Context

/**
 * So many syncs through the real handlers, the real state machine and the real engine, with faults between functions and
 * engine, events delivered twice, and syncs cancelled; then each outcome is held against what the engine itself says.
 */
export const faultRun = async (options: {
  syncs: number
  seed: number
  /** Of requests to Airbyte. */
  faultRate: number
  lanes: number
}): Promise<FaultReport> => {
  await using resources = new AsyncDisposableStack()
  const shop = await startShop()
  resources.defer(() => shop.stop())
  await shop.setPace(0.004)
  const engine = resources.use(
    await testEngine({ retryPolicy: { ...airbyteRetryPolicy, backoffMs: 200, backoffBase: 1 } }),
  )
  const proxy = resources.use(
    await startFaultProxy({ target: engine.url, random: seeded(options.seed), rate: options.faultRate }),
  )

  const bus = createEventBus({
    onTargetError: (error) => {
      throw error
    },
  })
  const finished = new Map<number, SyncFinished[]>()
  bus.subscribe(({ detail }) => {
    const event = syncFinished.parse(detail)
    finished.set(event.jobId, [...(finished.get(event.jobId) ?? []), event])
  })
  const busEndpoint = await startAwsEndpoint(bus.actions)
  resources.defer(() => busEndpoint.close())
  const events = new EventBridgeClient({
    endpoint: busEndpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const invoke: InvokeFunction = async (_arn, state) => (await poll(state as never, context as never)) as never
  const machine = waitMachine({ invoke, events })
  const machines = createStateMachines([{ ...machine, waitsMs: { Wait: 25 } }])
  resources.defer(() => machines.close())
  const machineEndpoint = await startAwsEndpoint(machines.actions)
  resources.defer(() => machineEndpoint.close())
  const tableName = `faults-${crypto.randomUUID()}`
  const table = await startIdempotencyTable(tableName)
  resources.defer(() => table.close())
  Object.assign(process.env, {
    POWERTOOLS_METRICS_DISABLED: 'true',
    AIRBYTE_BASE_URL: proxy.url,
    AIRBYTE_AUTH: JSON.stringify({
      mode: 'client_credentials',
      clientId: proxy.clientId,
      clientSecret: proxy.clientSecret,
    }),
    AIRBYTE_WORKSPACE_ID: '',
    HTTP_DEADLINE_MS: '',
    WAIT_STATE_MACHINE_ARN: machine.arn,
    IDEMPOTENCY_TABLE: tableName,
    AWS_ENDPOINT_URL_SFN: machineEndpoint.url,
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  })

  const report = {
    syncs: 0,
    repeated: 0,
    duplicates: 0,
    outcomes: new Map<Outcome, number>(),
    wrong: [] as string[],
  }

  /** Again and again until it is done, as Lambda and clients do; undefined when it never is. */
  const untilDone = async <Result>(run: () => Promise<Result | undefined>): Promise<Result | undefined> => {
    for (let tries = 0; tries < mostTries; tries++) {
      const result = await run().catch(() => undefined)
      if (result !== undefined) return result
      report.repeated++
      await delay(repeatMs * tries)
    }
    return undefined
  }

  const startOnce = async (plan: Plan, connectionId: string, key: string): Promise<number | undefined> => {
    const settings = plan.fate === 'past its deadline' ? { maxDuration: 1 } : {}
    if (plan.via === 'event') {
      const event = { connectionId, eventId: key, time: new Date().toISOString(), ...settings }
      const { results } = (await sync(event, context)) as { results: { jobId?: number }[] }
      return results[0]?.jobId
    }
    const answer = await call(sync, 'POST /sync', {
      body: { connectionId, ...settings },
      headers: { 'idempotency-key': key },
    })
    return answer.status === 202 ? Number(answer.body.jobId) : undefined
  }

  const jobsOf = async (connectionId: string) =>
    (await engine.call('/jobs/list', { configTypes: ['sync'], configId: connectionId })).body.totalJobCount as number

  const cancelOf = (jobId: number) =>
    untilDone(async () => {
      const answer = await call(sync, 'DELETE /sync/{jobId}', { path: { jobId: String(jobId) } })
      return answer.status === 202 || answer.status === 409 ? answer.status : undefined
    })

  const one = async (plan: Plan, connectionId: string, name: string): Promise<void> => {
    const wrong = (what: string) => void report.wrong.push(`${name} (${Object.values(plan).join(', ')}): ${what}`)
    const before = await jobsOf(connectionId)
    const start = () => untilDone(() => startOnce(plan, connectionId, name))
    if (plan.again !== 'no') report.duplicates++
    const [jobId, twin] = await Promise.all([start(), plan.again === 'at once' ? start() : undefined])
    if (jobId === undefined) return wrong('was never started')
    if (twin !== undefined && twin !== jobId) wrong(`its twin became job ${twin} instead of ${jobId}`)
    if (plan.fate === 'cancelled' && (await cancelOf(jobId)) === undefined) wrong('could not be cancelled')
    const execution = await eventually(
      async () => machines.executions().find((candidate) => candidate.name.startsWith(`job-${jobId}-`)),
      10_000,
    )
    const isOver = await Promise.race([execution.finished.then(() => true), delay(90_000, false, { ref: false })])
    if (!isOver) return wrong('its execution did not end')
    const { body } = await engine.call('/jobs/get_without_logs', { id: jobId })
    const truth = body.job as { status: string; aggregatedStats: { recordsCommitted: number } }
    const expected = expectedOutcome(plan, truth.status)
    const [event, ...more] = finished.get(jobId) ?? []
    if (!event || more.length > 0) return wrong(`${more.length + (event ? 1 : 0)} events`)
    report.outcomes.set(event.outcome, (report.outcomes.get(event.outcome) ?? 0) + 1)
    if (event.outcome !== expected) wrong(`the event says ${event.outcome}, the engine ${truth.status}`)
    if (event.recordsSynced !== truth.aggregatedStats.recordsCommitted)
      wrong(`${event.recordsSynced} records instead of ${truth.aggregatedStats.recordsCommitted}`)
    const isGood = expected === 'SUCCEEDED'
    if (execution.status !== (isGood ? 'SUCCEEDED' : 'FAILED')) wrong(`its execution is ${execution.status}`)
    if (!isGood && execution.error !== expected) wrong(`its execution's error is ${execution.error}`)
    const read = await untilDone(async () => {
      const answer = await call(sync, 'GET /sync/{jobId}', { path: { jobId: String(jobId) } })
      return answer.status === 200 ? answer.body : undefined
    })
    if (read?.status !== truth.status) wrong(`GET says ${read?.status}, the engine ${truth.status}`)
    if (plan.again === 'later' && (await start()) !== jobId) wrong('a late duplicate became another job')
    const started = (await jobsOf(connectionId)) - before
    if (started !== 1) wrong(`${started} jobs were started`)
    report.syncs++
  }

  const random = seeded(options.seed + 1)
  const plans = Array.from({ length: options.syncs }, () => planOf(random)).entries()
  const lane = async () => {
    const connections: Record<Kind, string> = {
      orders: await shop.link(engine.call),
      denied: await shop.link(engine.call, { source: { password: 'wrong' } }),
      missing: await shop.link(engine.call, { stream: 'nowhere' }),
      slow: await shop.link(engine.call, { stream: 'slow' }),
    }
    for (const [number, plan] of plans) await one(plan, connections[plan.kind], `sync-${number}`)
  }
  await Promise.all(Array.from({ length: options.lanes }, lane))
  return {
    ...report,
    requests: proxy.requests(),
    faults: proxy.counts,
    executionsLeft: machines.executions().filter(({ status }) => status === 'RUNNING').length,
  }
}

const expectedOutcome = ({ fate }: Plan, status: string): Outcome => {
  if (status === 'succeeded') return 'SUCCEEDED'
  if (status === 'cancelled') return fate === 'past its deadline' ? 'TIMED_OUT' : 'CANCELLED'
  return 'FAILED'
}
