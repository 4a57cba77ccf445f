import type { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import type { RunOptions, StateMachineDefinition } from 'aws-local-stepfunctions'

type TaskHandlers = NonNullable<NonNullable<RunOptions['overrides']>['taskResourceLocalHandlers']>
type TaskHandler = TaskHandlers[string]
type Json = Parameters<TaskHandler>[0]

/** Calls a function by its ARN and resolves with its result; throws what the function threw, under its error type. */
export type InvokeFunction = (functionArn: string, event: Json) => Promise<Json>

/** What each Task state does locally, decided by its Resource as Step Functions does: a function's ARN, or `events:putEvents`. */
export const taskHandlers = (
  definition: StateMachineDefinition,
  { invoke, events }: { invoke: InvokeFunction; events: EventBridgeClient },
): TaskHandlers =>
  Object.fromEntries(
    Object.entries(definition.States).flatMap(([name, state]): [string, TaskHandler][] => {
      if (state.Type !== 'Task') return []
      const { Resource: resource } = state
      if (resource === 'arn:aws:states:::events:putEvents') return [[name, (input) => putEvents(events, input)]]
      if (resource.startsWith('arn:aws:lambda:')) return [[name, (input) => invoke(resource, input)]]
      throw new Error(`The local state machine cannot run ${resource} (state ${name}).`)
    }),
  )

/** As the optimised integration: Detail may be an object, and an entry that was refused fails the task. */
const putEvents = async (events: EventBridgeClient, input: Json): Promise<Json> => {
  const { Entries: entries } = input as { Entries: Record<string, unknown>[] }
  const { FailedEntryCount = 0, Entries: results = [] } = await events.send(
    new PutEventsCommand({
      Entries: entries.map(({ Detail, ...entry }) => ({
        ...entry,
        Detail: typeof Detail === 'string' ? Detail : JSON.stringify(Detail),
      })),
    }),
  )
  if (FailedEntryCount > 0) throw taskError('EventBridge.FailedEntry', JSON.stringify(results))
  return { FailedEntryCount, Entries: results.map(({ EventId }) => ({ EventId: EventId ?? '' })) }
}

/** An error whose name the state machine's Retry and Catch compare. */
export const taskError = (name: string, cause: string): Error => Object.assign(new Error(cause), { name })
