import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AwsEndpoint, startAwsEndpoint } from '../../../../lib/local/aws/aws-endpoint.ts'
import { createEventBus } from '../../../../lib/local/aws/events-endpoint.ts'
import { createStateMachines, type StateMachines } from '../../../../lib/local/aws/sfn-endpoint.ts'
import { taskError } from '../../../../lib/local/aws/task-handlers.ts'
import { waitMachine } from '../../../../lib/local/aws/wait-machine.ts'
import { awsClient } from '../../../support/aws-client.ts'
import { eventually } from '../../../support/eventually.ts'

type Poll = (state: Record<string, unknown>) => Record<string, unknown>

const bus = createEventBus({ onTargetError: (error) => expect.fail(String(error)) })
let busEndpoint: AwsEndpoint
let endpoint: AwsEndpoint
let machines: StateMachines
let sfn: SFNClient
let poll: Poll
let stateMachineArn: string
let number = 0

beforeAll(async () => {
  busEndpoint = await startAwsEndpoint(bus.actions)
  const machine = waitMachine({
    invoke: async (_arn, state) => poll(state as Record<string, unknown>) as never,
    events: new EventBridgeClient(awsClient(busEndpoint.url)),
  })
  stateMachineArn = machine.arn
  machines = createStateMachines([machine])
  endpoint = await startAwsEndpoint(machines.actions)
  sfn = new SFNClient(awsClient(endpoint.url))
})

afterAll(async () => {
  await machines.close()
  await endpoint.close()
  await busEndpoint.close()
})

const start = (name: string, input: object = { jobId: 1 }) =>
  sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }))
const describeExecution = (executionArn: string | undefined) => sfn.send(new DescribeExecutionCommand({ executionArn }))
const finished = (executionArn: string | undefined) =>
  eventually(async () => {
    const described = await describeExecution(executionArn)
    return described.status === 'RUNNING' ? undefined : described
  })
const endWith =
  (next: string, more: object = {}): Poll =>
  (state) => ({ ...state, next, event: { jobId: state.jobId }, ...more })
const waitLong: Poll = (state) => ({ ...state, next: 'wait', waitSeconds: 600 })

describe('an execution', () => {
  it('runs to its end and publishes the event', async () => {
    poll = endWith('succeed', { outcome: 'SUCCEEDED' })
    const { executionArn, startDate } = await start(`job-${++number}`, { jobId: 41 })
    expect(startDate).toBeInstanceOf(Date)
    const end = await finished(executionArn)
    expect(end).toMatchObject({ status: 'SUCCEEDED', input: '{"jobId":41}', stateMachineArn })
    expect(JSON.parse(end.output ?? '')).toMatchObject({ jobId: 41, outcome: 'SUCCEEDED' })
    expect(end.stopDate).toBeInstanceOf(Date)
    expect(bus.recent().at(-1)).toMatchObject({
      source: 'airbyte.ingestion',
      'detail-type': 'Sync Finished',
      detail: { jobId: 41 },
    })
  })

  it('fails with the error and cause of the poll function', async () => {
    poll = endWith('fail', { error: 'FAILED', cause: 'no such table' })
    const { executionArn } = await start(`job-${++number}`)
    expect(await finished(executionArn)).toMatchObject({ status: 'FAILED', error: 'FAILED', cause: 'no such table' })
  })

  it('asks again when the function could not be reached', async () => {
    let calls = 0
    poll = (state) => {
      if (++calls === 1) throw taskError('Lambda.SdkClientException', 'connection refused')
      return endWith('succeed')(state)
    }
    const { executionArn } = await start(`job-${++number}`)
    expect(await finished(executionArn)).toMatchObject({ status: 'SUCCEEDED' })
    expect(calls).toBe(2)
  })

  it('is told by its history', async () => {
    poll = endWith('succeed')
    const { executionArn } = await start(`job-${++number}`)
    await finished(executionArn)
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }))
    expect(events.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      ...['TaskStateEntered', 'TaskStateExited', 'ChoiceStateEntered', 'ChoiceStateExited'],
      ...['TaskStateEntered', 'TaskStateExited', 'ChoiceStateEntered', 'ChoiceStateExited'],
      ...['SucceedStateEntered', 'SucceedStateExited', 'ExecutionSucceeded'],
    ])
    expect(events[1]?.stateEnteredEventDetails).toMatchObject({ name: 'Poll', input: '{"jobId":1}' })
    const { events: last = [] } = await sfn.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }),
    )
    expect(last.map(({ type }) => type)).toEqual(['ExecutionSucceeded'])
  })

  it('that is started twice is one, while it runs and with the same input', async () => {
    poll = waitLong
    const name = `job-${++number}`
    const first = await start(name)
    expect((await start(name)).executionArn).toBe(first.executionArn)
    await expect(start(name, { jobId: 2 })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    await sfn.send(new StopExecutionCommand({ executionArn: first.executionArn, error: 'stopped', cause: 'by a test' }))
    expect(await finished(first.executionArn)).toMatchObject({
      status: 'ABORTED',
      error: 'stopped',
      cause: 'by a test',
    })
    await expect(start(name)).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
  })

  it('is listed by status, newest first', async () => {
    poll = waitLong
    const name = `job-${++number}`
    await start(name)
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }))
    expect(executions.map((execution) => execution.name)).toEqual([name])
    const all = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 2 }))
    expect(all.executions).toHaveLength(2)
    expect(all.executions?.[0]?.name).toBe(name)
    expect(all.nextToken).toBe('2')
  })

  it.each([
    ['InvalidName', { name: 'a b', input: '{}' }],
    ['InvalidExecutionInput', { name: 'a', input: '{' }],
    [
      'StateMachineDoesNotExist',
      { name: 'a', input: '{}', stateMachineArn: 'arn:aws:states:us-east-1:1:stateMachine:x' },
    ],
  ])('is refused with %s', async (name, command) => {
    await expect(sfn.send(new StartExecutionCommand({ stateMachineArn, ...command }))).rejects.toMatchObject({ name })
  })

  it('that nobody started does not exist', async () => {
    await expect(describeExecution(`${stateMachineArn}:none`)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' })
  })
})
