import { readFileSync } from 'node:fs'
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions'

export const waitMachineText = readFileSync(
  new URL('../../functions/poll/wait-for-job.asl.json', import.meta.url),
  'utf8',
)

export const waitMachineDefinition = (): StateMachineDefinition =>
  JSON.parse(
    waitMachineText
      .replace(/\$\{PollFunctionArn\}/g, 'arn:aws:lambda:us-east-1:000000000000:function:poll')
      .replace(/\$\{EventBusName\}/g, 'default'),
  ) as StateMachineDefinition

type Json = Parameters<StateMachine['run']>[0]

export interface Run {
  output: Json | undefined
  error: Error | undefined
  /** Names of the states in the order in which they were entered. */
  states: string[]
  /** What Step Functions would write into the execution's history; its limit is 25,000. */
  historyEvents: number
}

/** What one visit of a state costs in history: a task on a function is also scheduled, started and succeeded. */
const eventsOf: Readonly<Record<string, number>> = { Task: 5, Choice: 2, Wait: 2, Pass: 2, Succeed: 2, Fail: 1 }

/** Runs the real state machine with these functions in place of the tasks; waits and retries take no time. */
export const runWaitMachine = async (
  input: Json,
  tasks: { poll(state: Json): unknown; publish(entries: Json): unknown },
): Promise<Run> => {
  const { result, eventLogs } = new StateMachine(waitMachineDefinition()).run(input, {
    overrides: {
      taskResourceLocalHandlers: {
        Poll: async (state) => (await tasks.poll(state)) as Json,
        Publish: async (entries) => (await tasks.publish(entries)) as Json,
      },
      waitTimeOverrides: { Wait: 0 },
      retryIntervalOverrides: { Poll: 0, Publish: 0 },
    },
  })
  const states: string[] = []
  // ExecutionStarted and its end.
  let historyEvents = 2
  const recorded = (async () => {
    for await (const event of eventLogs)
      if (event.type === 'StateEntered') {
        states.push(event.state.name)
        historyEvents += eventsOf[event.state.type] ?? 2
      }
  })()
  const ended = await result.then(
    (output) => ({ output, error: undefined }),
    (error: Error) => ({ output: undefined, error: error.cause as Error }),
  )
  await recorded
  return { ...ended, states, historyEvents }
}
