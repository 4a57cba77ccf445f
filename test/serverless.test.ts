import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSyncEvent } from '../lib/http/contracts/sync-event.ts'
import { type Packaged, packageService, projectRoot } from './support/stack-package.ts'

interface Resource {
  Type: string
  Properties: Record<string, unknown>
}

interface Transformer {
  InputTemplate: string
  InputPathsMap: Record<string, string>
}

const functionNames = ['datasource', 'docs', 'ingestion', 'meta', 'operation', 'poll', 'sink', 'sync']

let packaged: Packaged
let resources: Record<string, Resource>

beforeAll(async () => {
  packaged = await packageService()
  const template = readFileSync(join(packaged.output, 'cloudformation-template-update-stack.json'), 'utf8')
  resources = (JSON.parse(template) as { Resources: typeof resources }).Resources
})

afterAll(() => packaged.remove())

const ofType = (type: string) => Object.values(resources).filter((resource) => resource.Type === type)

describe('serverless package, without account or credentials', () => {
  it('makes one zip for each function', () => {
    for (const name of functionNames) expect(existsSync(join(packaged.output, `${name}.zip`)), name).toBe(true)
    expect(ofType('AWS::Lambda::Function')).toHaveLength(functionNames.length)
  })

  it('runs every function on Node 24 and ARM', () => {
    for (const { Properties } of ofType('AWS::Lambda::Function'))
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] })
  })

  it('routes as the design says', () => {
    expect(
      ofType('AWS::ApiGatewayV2::Route')
        .map(({ Properties }) => Properties.RouteKey)
        .sort(),
    ).toEqual([
      'DELETE /datasource/{id}',
      'DELETE /ingestion/{id}',
      'DELETE /sink/{id}',
      'DELETE /sync/{jobId}',
      'GET /connectors',
      'GET /connectors/{kind}/{type}',
      'GET /datasource',
      'GET /datasource/{id}',
      'GET /datasource/{id}/schema',
      'GET /docs',
      'GET /health',
      'GET /ingestion',
      'GET /ingestion/{id}',
      'GET /ingestion/{id}/sync',
      'GET /openapi.json',
      'GET /operations/{id}',
      'GET /sink',
      'GET /sink/{id}',
      'GET /sync/{jobId}',
      'GET /sync/{jobId}/logs',
      'GET /workspaces',
      'PATCH /datasource/{id}',
      'PATCH /ingestion/{id}',
      'PATCH /sink/{id}',
      'POST /datasource',
      'POST /datasource/{id}/check',
      'POST /ingestion',
      'POST /ingestion/{id}/refresh-schema',
      'POST /ingestion/{id}/sync',
      'POST /sink',
      'POST /sink/{id}/check',
      'POST /sync',
    ])
  })

  it.each([
    ['WaitForJob', 'functions/poll/wait-for-job.asl.json'],
    ['LongOperation', 'functions/operation/operation.asl.json'],
  ])('deploys the state machine %s that the local stack interprets, word for word', (id, file) => {
    const machine = resources[id]
    const asl = readFileSync(join(projectRoot, file), 'utf8')
    expect(machine?.Properties.Definition).toEqual(JSON.parse(asl))
    const substituted = [...asl.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name)
    expect(Object.keys(machine?.Properties.DefinitionSubstitutions ?? {}).sort()).toEqual(substituted.sort())
  })

  it.each([
    ['WaitForJob', 'Sync', 'WAIT_STATE_MACHINE_ARN'],
    ['LongOperation', 'Datasource', 'OPERATION_STATE_MACHINE_ARN'],
    ['LongOperation', 'Sink', 'OPERATION_STATE_MACHINE_ARN'],
    ['LongOperation', 'Ingestion', 'OPERATION_STATE_MACHINE_ARN'],
    ['LongOperation', 'Meta', 'OPERATION_STATE_MACHINE_ARN'],
  ])('names %s to the %s function as it deploys it', (id, functionName, variable) => {
    const environment = resources[`${functionName}LambdaFunction`]?.Properties.Environment as {
      Variables: Record<string, unknown>
    }
    expect(JSON.stringify(environment.Variables[variable])).toContain(
      `:stateMachine:${String(resources[id]?.Properties.StateMachineName)}"`,
    )
  })

  it('keeps logs for a month', () => {
    const groups = ofType('AWS::Logs::LogGroup')
    expect(groups).toHaveLength(functionNames.length)
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(30)
  })

  it('has a rule and a schedule that are off, try again, keep what fails, and send what the function takes', () => {
    const { SyncEventsRuleSchedule1: rule, SyncSchedule: schedule, SyncLambdaEvConf: retries } = resources
    if (!rule || !schedule) throw new Error('there is no rule or no schedule')
    expect(rule.Properties).toMatchObject({
      State: 'DISABLED',
      Targets: [{ RetryPolicy: { MaximumRetryAttempts: 10 }, DeadLetterConfig: expect.anything() }],
    })
    expect(schedule.Properties).toMatchObject({
      State: 'DISABLED',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      Target: { RetryPolicy: { MaximumRetryAttempts: 10 }, DeadLetterConfig: expect.anything() },
    })
    expect(retries?.Properties).toMatchObject({
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: expect.anything() },
    })

    const event: Record<string, string> = { eventId: 'e1', time: '2025-01-01T00:00:00Z' }
    const [target] = rule.Properties.Targets as [{ InputTransformer: Transformer }]
    const { InputTemplate: template, InputPathsMap: paths } = target.InputTransformer
    expect(paths).toEqual({ eventId: '$.id', time: '$.time' })
    const ofRule = template.replace(/<(\w+)>/g, (_, name: string) => JSON.stringify(event[name]))
    const { Input: input } = schedule.Properties.Target as { Input: string }
    // Of Scheduler's words only these are the same when it tries again.
    const same: Record<string, string> = { 'schedule-arn': 'arn', 'scheduled-time': event.time ?? '' }
    const ofSchedule = input.replace(
      /<aws\.scheduler\.([\w-]+)>/g,
      (_, name: string) => same[name] ?? 'another each time',
    )
    const connectionIds = [expect.any(String)]
    expect(parseSyncEvent(JSON.parse(ofRule))).toMatchObject({ ...event, connectionIds })
    expect(parseSyncEvent(JSON.parse(ofSchedule))).toMatchObject({
      eventId: 'arn 2025-01-01T00:00:00Z',
      time: event.time,
      connectionIds,
    })
  })

  it('gives the function of events longer than a start of a sync may take', () =>
    expect(resources.SyncLambdaFunction?.Properties.Timeout).toBeGreaterThan(150))

  it('keeps idempotency keys in a table that forgets and is encrypted', () => {
    expect(ofType('AWS::DynamoDB::Table')).toMatchObject([
      {
        Properties: {
          BillingMode: 'PAY_PER_REQUEST',
          TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
          SSESpecification: { SSEEnabled: true },
        },
      },
    ])
    for (const name of ['Datasource', 'Sink', 'Ingestion', 'Sync'])
      expect(resources[`${name}LambdaFunction`]?.Properties.Environment, name).toMatchObject({
        Variables: { IDEMPOTENCY_TABLE: { Ref: 'IdempotencyTable' } },
      })
  })

  it('has no resource that needs itself', () => expect(circle(resources)).toBeUndefined())
})

/** The names of a circle of Ref, Fn::GetAtt and Fn::Sub, which CloudFormation would refuse to deploy. */
const circle = (all: Record<string, Resource>): string[] | undefined => {
  const done = new Set<string>()
  const visit = (name: string, path: string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    if (done.has(name)) return undefined
    for (const needed of neededBy(all[name], all)) {
      const found = visit(needed, [...path, name])
      if (found) return found
    }
    done.add(name)
    return undefined
  }
  for (const name of Object.keys(all)) {
    const found = visit(name, [])
    if (found) return found
  }
  return undefined
}

const neededBy = (resource: unknown, all: Record<string, Resource>): string[] => {
  const text = JSON.stringify(resource)
  const names = [
    ...[...text.matchAll(/"Ref":"(\w+)"/g)].map(([, name]) => name),
    ...[...text.matchAll(/"Fn::GetAtt":\["(\w+)"/g)].map(([, name]) => name),
    ...[...text.matchAll(/"DependsOn":\[([^\]]*)\]/g)].flatMap(([, list = '']) => list.match(/\w+/g) ?? []),
    ...[...text.matchAll(/\$\{(\w+)[.}]/g)].map(([, name]) => name),
  ]
  return names.filter((name) => name !== undefined).filter((name) => name in all)
}
