import { type Airbyte, type AirbyteSettings, connectAirbyte } from './airbyte/airbyte.ts'
import { type Executions, executions } from './aws/sfn.ts'
import type { Config } from './config.ts'

/** All that a use case may reach. */
export interface Services {
  airbyte: Airbyte
  /** Undefined where no state machine is configured: then nothing waits for started syncs. */
  executions: Executions | undefined
  now(): Date
}

interface Built {
  settings: AirbyteSettings
  stateMachineArn: string | undefined
  services: Services
}

let built: Built | undefined
let attempts = 0

/** Composition root: built once a container, again when the settings have changed. */
export const servicesFor = (
  settings: AirbyteSettings,
  config: Config,
  reread: () => Promise<AirbyteSettings>,
): Services => {
  const stateMachineArn = config.waitStateMachineArn
  if (built?.settings !== settings || built.stateMachineArn !== stateMachineArn)
    built = {
      settings,
      stateMachineArn,
      services: {
        airbyte: connectAirbyte(settings, {
          reread,
          onAttempt: () => {
            attempts++
          },
        }),
        executions: stateMachineArn === undefined ? undefined : executions(stateMachineArn),
        now: () => new Date(),
      },
    }
  return built.services
}

/** Requests sent to Airbyte since this container started, for the request log. */
export const upstreamAttempts = (): number => attempts
