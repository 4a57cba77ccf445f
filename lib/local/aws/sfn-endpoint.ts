import type { RunOptions, StateMachineDefinition } from 'aws-local-stepfunctions'
import { StateMachine } from 'aws-local-stepfunctions'
import type { AwsActions, AwsFault } from './aws-endpoint.ts'
import { type Execution, startExecution } from './execution.ts'

export interface LocalStateMachine {
  readonly arn: string
  readonly definition: StateMachineDefinition
  readonly handlers: NonNullable<NonNullable<RunOptions['overrides']>['taskResourceLocalHandlers']>
  /** Milliseconds that Wait states take instead, by name; for tests. */
  readonly waitsMs?: Readonly<Record<string, number>>
}

export interface StateMachines {
  readonly actions: AwsActions
  /** Newest first. */
  executions(): readonly Execution[]
  /** Aborts what runs and waits until nothing does. */
  close(): Promise<void>
}

/** Step Functions' limit for an execution's input. */
const inputBytes = 256 * 1024
const pageSize = 100

/** Standard workflows behind the Step Functions API, interpreted in this process. Throws for a definition that is not valid ASL. */
export const createStateMachines = (definitions: readonly LocalStateMachine[]): StateMachines => {
  const machines = new Map(
    definitions.map(({ arn, definition, handlers, waitsMs }) => [
      arn,
      // The validator marks the definition that it is given.
      {
        machine: new StateMachine(structuredClone(definition)),
        overrides: { taskResourceLocalHandlers: handlers, waitTimeOverrides: { ...waitsMs } },
      },
    ]),
  )
  const executions = new Map<string, Execution>()
  const newestFirst = () => [...executions.values()].reverse()

  return {
    executions: newestFirst,
    close: async () => {
      for (const execution of executions.values()) if (execution.status === 'RUNNING') execution.abort()
      await Promise.all([...executions.values()].map(({ finished }) => finished))
    },
    actions: {
      'AWSStepFunctions.StartExecution': (input) => {
        const stateMachineArn = String(input.stateMachineArn)
        const known = machines.get(stateMachineArn)
        if (!known)
          return { fault: 'StateMachineDoesNotExist', message: `State Machine Does Not Exist: ${stateMachineArn}` }
        const name = input.name === undefined ? crypto.randomUUID() : String(input.name)
        if (!/^[\w-]{1,80}$/.test(name)) return { fault: 'InvalidName', message: `Invalid Name: '${name}'` }
        const text = input.input === undefined ? '{}' : String(input.input)
        const refused = refuseInput(text)
        if (refused) return refused
        const arn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`
        const twin = executions.get(arn)
        // A name lives for 90 days; only a repetition of the running one's start is answered as the start was.
        if (twin && (twin.status !== 'RUNNING' || twin.input !== text))
          return { fault: 'ExecutionAlreadyExists', message: `Execution Already Exists: '${arn}'` }
        const execution =
          twin ?? startExecution(known.machine, { arn, stateMachineArn, name, input: text }, known.overrides)
        executions.set(arn, execution)
        return { executionArn: arn, startDate: execution.startedAt / 1000 }
      },
      'AWSStepFunctions.DescribeExecution': (input) => {
        const execution = executions.get(String(input.executionArn))
        return execution ? { ...summary(execution), ...details(execution) } : absent(input.executionArn)
      },
      'AWSStepFunctions.ListExecutions': (input) => {
        const arn = String(input.stateMachineArn)
        if (!machines.has(arn))
          return { fault: 'StateMachineDoesNotExist', message: `State Machine Does Not Exist: ${arn}` }
        const wanted = newestFirst()
          .filter((execution) => execution.stateMachineArn === arn)
          .filter(({ status }) => input.statusFilter === undefined || status === input.statusFilter)
        const { items, nextToken } = page(wanted, input)
        return { executions: items.map(summary), ...nextToken }
      },
      'AWSStepFunctions.GetExecutionHistory': (input) => {
        const execution = executions.get(String(input.executionArn))
        if (!execution) return absent(input.executionArn)
        const events = input.reverseOrder === true ? [...execution.history].reverse() : execution.history
        const { items, nextToken } = page(events, input)
        return { events: items, ...nextToken }
      },
      'AWSStepFunctions.StopExecution': (input) => {
        const execution = executions.get(String(input.executionArn))
        if (!execution) return absent(input.executionArn)
        if (execution.status === 'RUNNING') execution.abort(text(input.error), text(input.cause))
        return { stopDate: (execution.stoppedAt ?? Date.now()) / 1000 }
      },
    },
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const absent = (arn: unknown): AwsFault => ({
  fault: 'ExecutionDoesNotExist',
  message: `Execution Does Not Exist: '${String(arn)}'`,
})

const refuseInput = (input: string): AwsFault | undefined => {
  try {
    JSON.parse(input)
  } catch (error) {
    return { fault: 'InvalidExecutionInput', message: `Invalid State Machine Execution Input: '${String(error)}'` }
  }
  if (Buffer.byteLength(input) <= inputBytes) return undefined
  return { fault: 'ValidationException', message: `The input is larger than ${inputBytes} bytes.` }
}

const summary = (execution: Execution) => ({
  executionArn: execution.arn,
  stateMachineArn: execution.stateMachineArn,
  name: execution.name,
  status: execution.status,
  startDate: execution.startedAt / 1000,
  ...(execution.stoppedAt === undefined ? {} : { stopDate: execution.stoppedAt / 1000 }),
})

const details = ({ input, output, error, cause }: Execution) => ({
  input,
  inputDetails: { included: true },
  ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
  ...(error === undefined ? {} : { error }),
  ...(cause === undefined ? {} : { cause }),
})

const page = <Item>(all: readonly Item[], { maxResults, nextToken }: Readonly<Record<string, unknown>>) => {
  const start = Number(nextToken ?? 0)
  const end = start + (Number(maxResults ?? 0) || pageSize)
  return { items: all.slice(start, end), nextToken: end < all.length ? { nextToken: String(end) } : {} }
}
