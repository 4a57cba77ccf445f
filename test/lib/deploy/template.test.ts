import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import validateStateMachine from 'asl-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Resource, schemaFaults } from '../../support/cloudformation-schema.ts'
import { type Packaged, packageService } from '../../support/stack-package.ts'

/** All stage parameters that add something, at once. */
const parameters = {
  authorizer: 'api-key',
  vpcSubnetIds: 'subnet-1,subnet-2',
  vpcSecurityGroupIds: 'sg-1',
  corsOrigins: 'https://console.example',
  alarmEmail: 'data@example.com',
}

let packaged: Packaged
let resources: Record<string, Resource>

beforeAll(async () => {
  packaged = await packageService('dev', parameters)
  const template = readFileSync(join(packaged.output, 'cloudformation-template-update-stack.json'), 'utf8')
  resources = (JSON.parse(template) as { Resources: typeof resources }).Resources
})

afterAll(() => packaged.remove())

const ofType = (type: string) =>
  Object.entries(resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, { Properties = {} }]) => ({ id, ...Properties }) as { id: string } & Record<string, unknown>)

interface Statement {
  Action: string | string[]
  Resource: unknown
  Condition?: unknown
}

/** `action on resource`, the resource without the parts that every ARN has. */
const permissionsOf = (id: string): string[] => {
  const policies = resources[id]?.Properties?.Policies as { PolicyDocument: { Statement: Statement[] } }[]
  return policies
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} on ${shortArn(resource)}`)),
    )
    .sort()
}

const shortArn = (resource: unknown): string => {
  const text = typeof resource === 'string' ? resource : JSON.stringify(resource)
  const arn = /\$\{AWS::(?:Partition|AccountId)\}:(?:[a-z0-9]+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:)?([^"]*)"/.exec(
    text,
  )
  return arn?.[1] ?? text.replaceAll('"', '')
}

const network = [
  'ec2:AssignPrivateIpAddresses on *',
  'ec2:CreateNetworkInterface on *',
  'ec2:DeleteNetworkInterface on *',
  'ec2:DescribeNetworkInterfaces on *',
  'ec2:DescribeSubnets on *',
  'ec2:UnassignPrivateIpAddresses on *',
]
const tracing = ['xray:PutTelemetryRecords on *', 'xray:PutTraceSegments on *']
const logs = (name: string) =>
  ['logs:CreateLogStream', 'logs:PutLogEvents'].map(
    (action) => `${action} on log-group:/aws/lambda/airbyte-ingestion-dev-${name}:*`,
  )
const parameterPath = (path: string) => [
  'kms:Decrypt on key/*',
  `ssm:GetParametersByPath on parameter/${path}`,
  `ssm:GetParametersByPath on parameter/${path}/*`,
]
const settings = parameterPath('airbyte-ingestion/dev')
const waiting = [
  'states:DescribeExecution on execution:airbyte-ingestion-dev-wait-for-job:*',
  'states:StartExecution on stateMachine:airbyte-ingestion-dev-wait-for-job',
]

const secrets = ['ssm:GetParameters on parameter/airbyte-ingestion/dev/secrets/*']
const startOperations = ['states:StartExecution on stateMachine:airbyte-ingestion-dev-operation']
const readOperations = ['states:DescribeExecution on execution:airbyte-ingestion-dev-operation:*']

const idempotency = ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'].map(
  (action) => `dynamodb:${action} on {Fn::GetAtt:[IdempotencyTable,Arn]}`,
)
const deadLetters = ['sqs:SendMessage on {Fn::GetAtt:[DeadLetters,Arn]}']

/** What each function may do besides its own logs, tracing and network. */
const permissions: Readonly<Record<string, readonly string[]>> = {
  authorizer: parameterPath('airbyte-ingestion-access/dev'),
  docs: [],
  datasource: [...settings, ...secrets, ...startOperations, ...idempotency],
  ingestion: [...settings, ...startOperations, ...idempotency],
  meta: [...settings, ...readOperations],
  operation: [...settings, ...waiting],
  poll: settings,
  sink: [...settings, ...secrets, ...startOperations, ...idempotency],
  sync: [...settings, ...waiting, ...startOperations, ...idempotency, ...deadLetters],
}

describe('the packaged template', () => {
  it('fits the specification of CloudFormation', async () => expect(await schemaFaults(resources)).toEqual([]))

  it('holds valid state machines', () => {
    for (const { id, Definition } of ofType('AWS::StepFunctions::StateMachine')) {
      const { isValid, errorsText } = validateStateMachine(Definition as object)
      expect(isValid, `${id}: ${errorsText()}`).toBe(true)
    }
  })

  it('grants every function exactly what it uses', () => {
    const functions = ofType('AWS::Lambda::Function').map(({ FunctionName }) =>
      String(FunctionName).replace('airbyte-ingestion-dev-', ''),
    )
    const granted = functions.map((name) => [
      name,
      permissionsOf(`${name.charAt(0).toUpperCase()}${name.slice(1)}Role`),
    ])
    const expected = functions.map((name) => [
      name,
      [...(permissions[name] ?? ['unknown']), ...network, ...tracing, ...logs(name)].sort(),
    ])
    expect(Object.fromEntries(granted)).toEqual(Object.fromEntries(expected))
    expect(functions.sort()).toEqual(Object.keys(permissions).sort())
  })

  it('uses keys for the stage’s own parameters only', () => {
    for (const { id, Policies } of ofType('AWS::IAM::Role'))
      for (const { PolicyDocument } of Policies as { PolicyDocument: { Statement: Statement[] } }[])
        for (const { Action, Condition } of PolicyDocument.Statement)
          if ([Action].flat().some((action) => action.startsWith('kms:')))
            expect(JSON.stringify(Condition), id).toMatch(/kms:ViaService.*PARAMETER_ARN.*\/dev\/\*/)
  })

  it('gives no role more than its own function uses it', () => {
    const roles = ofType('AWS::Lambda::Function').map(({ Role }) => JSON.stringify(Role))
    expect(new Set(roles).size).toBe(roles.length)
  })

  it('leaves the authorizer time to answer when SSM hangs', () => {
    const authorizer = ofType('AWS::Lambda::Function').find(({ FunctionName }) =>
      /authorizer$/.test(String(FunctionName)),
    )
    expect(authorizer?.Timeout).toBeGreaterThan(6)
    expect(authorizer?.Timeout).toBeLessThan(10)
  })

  it('puts every function into the VPC', () => {
    for (const { id, VpcConfig } of ofType('AWS::Lambda::Function'))
      expect(VpcConfig, id).toEqual({ SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] })
  })

  it('closes every route', () => {
    const routes = ofType('AWS::ApiGatewayV2::Route')
    expect(routes.length).toBeGreaterThan(6)
    for (const { RouteKey, AuthorizationType, AuthorizerId } of routes)
      expect({ AuthorizationType, AuthorizerId }, String(RouteKey)).toEqual({
        AuthorizationType: 'CUSTOM',
        AuthorizerId: { Ref: 'HttpApiAuthorizerApiKey' },
      })
  })

  it('keeps the authorizer’s answer for minutes, by key and route', () => {
    const [authorizer] = ofType('AWS::ApiGatewayV2::Authorizer')
    expect(authorizer).toMatchObject({
      AuthorizerResultTtlInSeconds: 300,
      IdentitySource: ['$request.header.x-api-key', '$context.routeKey'],
      EnableSimpleResponses: true,
    })
  })

  it('limits every route, and those that write more', () => {
    const [stage] = ofType('AWS::ApiGatewayV2::Stage')
    expect(stage?.DefaultRouteSettings).toMatchObject({ ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 })
    const writes = ofType('AWS::ApiGatewayV2::Route')
      .map(({ RouteKey }) => String(RouteKey))
      .filter((key) => !key.startsWith('GET '))
    expect(Object.keys(stage?.RouteSettings as object).sort()).toEqual(writes.sort())
  })

  it('answers browsers from the given origin only', () => {
    const [api] = ofType('AWS::ApiGatewayV2::Api')
    expect(api?.CorsConfiguration).toMatchObject({ AllowOrigins: ['https://console.example'] })
  })

  it('keeps logs for a time, traces, and runs on what AWS supports', () => {
    for (const { id, RetentionInDays } of ofType('AWS::Logs::LogGroup')) expect(RetentionInDays, id).toBe(30)
    const functions = ofType('AWS::Lambda::Function')
    expect(ofType('AWS::Logs::LogGroup')).toHaveLength(functions.length)
    for (const { id, Runtime, TracingConfig } of functions)
      expect({ Runtime, TracingConfig }, id).toEqual({ Runtime: 'nodejs24.x', TracingConfig: { Mode: 'Active' } })
  })

  it('encrypts every queue and table', () => {
    for (const { id, SqsManagedSseEnabled, KmsMasterKeyId } of ofType('AWS::SQS::Queue'))
      expect(SqsManagedSseEnabled === true || KmsMasterKeyId !== undefined, id).toBe(true)
    for (const { id, SSESpecification } of ofType('AWS::DynamoDB::Table'))
      expect(SSESpecification, id).toMatchObject({ SSEEnabled: true })
  })

  it('keeps what nobody waited for, when it fails', () => {
    expect(ofType('AWS::SQS::Queue').length).toBeGreaterThan(0)
    const asynchronous = ofType('AWS::Lambda::Permission')
      .filter(({ Principal }) => Principal !== 'apigateway.amazonaws.com')
      .map(({ FunctionName }) => JSON.stringify(FunctionName))
    const covered = JSON.stringify(ofType('AWS::Lambda::EventInvokeConfig'))
    for (const name of asynchronous) expect(covered).toContain(/"([A-Za-z]+LambdaFunction)"/.exec(name)?.[1])
  })

  it('raises an alarm for everything that may fail unseen', () => {
    const alarms = ofType('AWS::CloudWatch::Alarm')
    const watched = (id: string) =>
      alarms
        .filter(({ Dimensions }) => JSON.stringify(Dimensions).includes(`"${id}"`))
        .map(({ MetricName }) => MetricName)
    for (const { id } of ofType('AWS::Lambda::Function')) expect(watched(id), id).toEqual(['Errors', 'Throttles'])
    for (const { id } of ofType('AWS::StepFunctions::StateMachine'))
      expect(watched(id), id).toEqual(['ExecutionsFailed', 'ExecutionsTimedOut'])
    for (const { id } of ofType('AWS::SQS::Queue')) expect(watched(id), id).toEqual(['ApproximateAgeOfOldestMessage'])
    for (const counted of ['AirbyteUnreachable', 'RequestFailed', 'WaitNotStarted'])
      expect(alarms.map(({ MetricName }) => MetricName)).toContain(counted)
    for (const { id, AlarmActions } of alarms) expect(AlarmActions, id).toEqual([{ Ref: 'AlarmTopic' }])
    expect(ofType('AWS::SNS::Subscription')).toMatchObject([{ Protocol: 'email', Endpoint: 'data@example.com' }])
  })
})

describe('the bundles', () => {
  /** Texts of client-ssm, client-sfn and the schema validator. */
  const marks = ['GetParametersByPath"', 'StartExecution"', 'schema is invalid']
  const folders = () => readdirSync(join(packaged.bundles, 'functions'))

  it('stay small', () => {
    for (const name of folders()) {
      const bytes = readdirSync(join(packaged.bundles, 'functions', name), { recursive: true, encoding: 'utf8' })
        .map((file) => statSync(join(packaged.bundles, 'functions', name, file)))
        .filter((entry) => entry.isFile())
        .reduce((sum, { size }) => sum + size, 0)
      expect(bytes / 1024, name).toBeLessThanOrEqual(name === 'sync' ? 1_200 : 700)
    }
  })

  it('load clients and the schema validator on first use only', () => {
    for (const name of folders()) {
      const folder = join(packaged.bundles, 'functions', name)
      const loaded = new Map<string, string>()
      const load = (file: string): void => {
        if (loaded.has(file)) return
        const code = readFileSync(file, 'utf8')
        loaded.set(file, code)
        for (const [, target = ''] of code.matchAll(/(?:from|^import|;import)\s*"(\.{1,2}\/[^"]+)"/gm))
          load(join(file, '..', target))
      }
      load(join(folder, 'handler.mjs'))
      const text = [...loaded.values()].join('')
      for (const mark of marks) expect(text.includes(mark), `${name} loads ${mark}`).toBe(false)
    }
    // The marks are those that the files for later have.
    const chunks = join(packaged.bundles, 'functions/datasource/chunks')
    const later = readdirSync(chunks).map((file) => readFileSync(join(chunks, file), 'utf8'))
    for (const mark of marks)
      expect(
        later.some((code) => code.includes(mark)),
        mark,
      ).toBe(true)
  })
})
