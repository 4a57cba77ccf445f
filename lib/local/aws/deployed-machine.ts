import { readFileSync } from 'node:fs'
import type { StateMachineDefinition } from 'aws-local-stepfunctions'
import type { LocalStateMachine } from './sfn-endpoint.ts'
import { taskHandlers } from './task-handlers.ts'

/** As serverless.yml names the service and what stage `local` gives the functions. */
const service = 'airbyte-ingestion-local'

export const functionArn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${service}-${name}`

/** A state machine of serverless.yml, its definition with the substitutions that CloudFormation would make. */
export const deployedMachine = (
  { name, file, substitutions }: { name: string; file: string; substitutions: Readonly<Record<string, string>> },
  services: Parameters<typeof taskHandlers>[1],
): LocalStateMachine => {
  const text = readFileSync(new URL(`../../../functions/${file}`, import.meta.url), 'utf8')
  const definition = JSON.parse(
    text.replace(/\$\{(\w+)\}/g, (_match, variable: string) => {
      const value = substitutions[variable]
      if (value === undefined) throw new Error(`${file}: no local value for ${variable}`)
      return value
    }),
  ) as StateMachineDefinition
  return {
    arn: `arn:aws:states:us-east-1:000000000000:stateMachine:${service}-${name}`,
    definition,
    handlers: taskHandlers(definition, services),
  }
}
