import { type Airbyte, type AirbyteSettings, connectAirbyte } from './airbyte/airbyte.ts'
import { type Idempotency, idempotency } from './aws/idempotency.ts'
import { type Secrets, secrets } from './aws/secrets.ts'
import { type Executions, executions } from './aws/sfn.ts'
import type { Config } from './config.ts'

/** All that a use case may reach. */
export interface Services {
  airbyte: Airbyte
  /** Undefined where no state machine is configured: then nothing waits for started syncs. */
  executions: Executions | undefined
  /** Does what takes longer than a request may; undefined where no state machine is configured for it. */
  operations: Executions | undefined
  /** Undefined where no table is configured: then nothing is known of what was done before. */
  idempotency: Idempotency | undefined
  /** What configurations may refer to instead of holding it. */
  secrets: Secrets
  now(): Date
}

interface Built {
  settings: AirbyteSettings
  config: string
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
  const { waitStateMachineArn, operationStateMachineArn, idempotencyTable, secretPrefix } = config
  const key = JSON.stringify([waitStateMachineArn, operationStateMachineArn, idempotencyTable, secretPrefix])
  if (built?.settings !== settings || built.config !== key)
    built = {
      settings,
      config: key,
      services: {
        airbyte: connectAirbyte(settings, {
          reread,
          onAttempt: () => {
            attempts++
          },
        }),
        executions: waitStateMachineArn === undefined ? undefined : executions(waitStateMachineArn),
        operations: operationStateMachineArn === undefined ? undefined : executions(operationStateMachineArn),
        idempotency: idempotencyTable === undefined ? undefined : idempotency(idempotencyTable),
        secrets: secrets(secretPrefix),
        now: () => new Date(),
      },
    }
  return built.services
}

/** Requests sent to Airbyte since this container started, for the request log. */
export const upstreamAttempts = (): number => attempts
