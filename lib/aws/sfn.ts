import type { SFNClient } from '@aws-sdk/client-sfn'

/** Executions of one state machine, by name. */
export interface Executions {
  /** The ARN that an execution of that name has. */
  arn(name: string): string
  /** Resolves once it runs; with false when there is one of that name already, ended or not, and nothing was started. */
  start(name: string, input: unknown, signal: AbortSignal): Promise<boolean>
  /** Undefined when there is none. */
  describe(name: string, signal: AbortSignal): Promise<ExecutionState | undefined>
}

export interface ExecutionState {
  status: string
  /** Of an execution that succeeded, parsed. */
  output?: unknown
  /** Of an execution that failed. */
  error?: string
}

let client: SFNClient | undefined

export const executions = (stateMachineArn: string): Executions => {
  const sdk = async () => {
    // Loaded on first use: a function that answers before it needs one does not pay for it.
    const {
      DescribeExecutionCommand,
      ExecutionAlreadyExists,
      ExecutionDoesNotExist,
      SFNClient,
      StartExecutionCommand,
    } = await import('./sfn-sdk.ts')
    client ??= new SFNClient({ maxAttempts: 3 })
    return { DescribeExecutionCommand, ExecutionAlreadyExists, ExecutionDoesNotExist, StartExecutionCommand, client }
  }
  const arn = (name: string) => `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`
  return {
    arn,

    start: async (name, input, signal) => {
      const { client, StartExecutionCommand, ExecutionAlreadyExists } = await sdk()
      try {
        await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }), {
          abortSignal: signal,
        })
        return true
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) return false
        throw error
      }
    },

    describe: async (name, signal) => {
      const { client, DescribeExecutionCommand, ExecutionDoesNotExist } = await sdk()
      try {
        const found = await client.send(new DescribeExecutionCommand({ executionArn: arn(name) }), {
          abortSignal: signal,
        })
        return {
          status: found.status ?? 'UNKNOWN',
          ...(found.output ? { output: JSON.parse(found.output) as unknown } : {}),
          ...(found.error ? { error: found.error } : {}),
        }
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return undefined
        throw error
      }
    },
  }
}
