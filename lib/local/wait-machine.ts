import { readFileSync } from 'node:fs'
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import type { StateMachineDefinition } from 'aws-local-stepfunctions'
import type { LocalStateMachine } from './sfn-endpoint.ts'
import { type InvokeFunction, taskHandlers } from './task-handlers.ts'

/** As serverless.yml names the service and what stage `local` gives the functions. */
const service = 'airbyte-ingestion-local'
const substitutions: Readonly<Record<string, string>> = {
  PollFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${service}-poll`,
  EventBusName: 'default',
}

/** The deployed definition with the substitutions that CloudFormation would make. */
export const waitMachine = (services: { invoke: InvokeFunction; events: EventBridgeClient }): LocalStateMachine => {
  const text = readFileSync(new URL('../../functions/poll/wait-for-job.asl.json', import.meta.url), 'utf8')
  const definition = JSON.parse(
    text.replace(/\$\{(\w+)\}/g, (_match, name: string) => {
      const value = substitutions[name]
      if (value === undefined) throw new Error(`wait-for-job.asl.json: no local value for ${name}`)
      return value
    }),
  ) as StateMachineDefinition
  return {
    arn: `arn:aws:states:us-east-1:000000000000:stateMachine:${service}-wait-for-job`,
    definition,
    handlers: taskHandlers(definition, services),
  }
}
