import {
  ExecutionAbortedError,
  ExecutionTimeoutError,
  type RunOptions,
  type StateMachine,
} from 'aws-local-stepfunctions'

type Json = Parameters<StateMachine['run']>[0]
type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'

/** As `GetExecutionHistory` lists it; details under the key that AWS has for the type. */
export type HistoryEvent = Readonly<Record<string, unknown>> & {
  readonly id: number
  readonly previousEventId: number
  readonly timestamp: number
  readonly type: string
}

/** One run of a state machine, as `DescribeExecution` sees it. Times are milliseconds since 1970. */
export interface Execution {
  readonly arn: string
  readonly stateMachineArn: string
  readonly name: string
  /** The JSON text that it was started with. */
  readonly input: string
  readonly startedAt: number
  readonly history: readonly HistoryEvent[]
  status: ExecutionStatus
  stoppedAt?: number
  output?: string
  error?: string
  cause?: string
  abort(error?: string, cause?: string): void
  /** Settles when the status is final; never rejects. */
  readonly finished: Promise<void>
}

/** Starts to interpret the machine. `input` has been checked to be JSON. */
export const startExecution = (
  machine: StateMachine,
  identity: Pick<Execution, 'arn' | 'stateMachineArn' | 'name' | 'input'>,
  overrides: NonNullable<RunOptions['overrides']>,
): Execution => {
  const run = machine.run(JSON.parse(identity.input) as Json, {
    overrides,
    context: { Execution: { Id: identity.arn, Name: identity.name }, StateMachine: { Id: identity.stateMachineArn } },
  })
  const history: HistoryEvent[] = []
  const stop = (status: ExecutionStatus, more: Pick<Execution, 'output' | 'error' | 'cause'>) => {
    // The first end counts: an abort while the machine was finishing does not undo it.
    if (execution.status !== 'RUNNING') return
    Object.assign(execution, { status, stoppedAt: Date.now(), ...more })
  }
  const recorded = record(run.eventLogs, history)
  const execution: Execution = {
    ...identity,
    startedAt: Date.now(),
    history,
    status: 'RUNNING',
    abort: (error, cause) => {
      stop('ABORTED', { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) })
      run.abort()
    },
    finished: run.result
      .then(
        (output) => stop('SUCCEEDED', { output: JSON.stringify(output) }),
        (error: unknown) => {
          if (error instanceof ExecutionAbortedError) return stop('ABORTED', {})
          if (error instanceof ExecutionTimeoutError) return stop('TIMED_OUT', {})
          const failure = error instanceof Error && error.cause instanceof Error ? error.cause : error
          return stop('FAILED', {
            error: failure instanceof Error ? failure.name : 'States.Runtime',
            cause: failure instanceof Error ? failure.message : String(failure),
          })
        },
      )
      .then(() => recorded),
  }
  return execution
}

type Run = ReturnType<StateMachine['run']>
type InterpreterEvent = Run['eventLogs'] extends AsyncGenerator<infer Event> ? Event : never

const record = async (events: Run['eventLogs'], history: HistoryEvent[]): Promise<void> => {
  for await (const event of events) {
    const id = history.length + 1
    history.push({ id, previousEventId: id - 1, timestamp: event.timestamp / 1000, ...describeEvent(event) })
  }
}

/** The interpreter's event in AWS's words: `StateEntered` of a Task is `TaskStateEntered`. */
const describeEvent = (event: InterpreterEvent): { type: string } & Record<string, unknown> => {
  switch (event.type) {
    case 'ExecutionStarted':
      return { type: event.type, executionStartedEventDetails: { input: JSON.stringify(event.input) } }
    case 'ExecutionSucceeded':
      return { type: event.type, executionSucceededEventDetails: { output: JSON.stringify(event.output) } }
    case 'ExecutionFailed':
      return {
        type: event.type,
        executionFailedEventDetails: { error: event.Error, cause: String(event.Cause) },
      }
    case 'StateEntered':
      return {
        type: `${event.state.type}${event.type}`,
        stateEnteredEventDetails: { name: event.state.name, input: JSON.stringify(event.state.input) },
      }
    case 'StateExited':
      return {
        type: `${event.state.type}${event.type}`,
        stateExitedEventDetails: { name: event.state.name, output: JSON.stringify(event.state.output) },
      }
    case 'StateFailed':
      return {
        type: 'TaskFailed',
        taskFailedEventDetails: {
          resource: event.state.name,
          resourceType: 'lambda',
          error: event.Error,
          cause: String(event.Cause),
        },
      }
    default:
      return { type: event.type }
  }
}
