import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { log, loggable } from '../log.ts'
import { count, isUnreachable } from '../metrics.ts'
import type { Services } from '../services.ts'
import { currentServices } from './airbyte-settings.ts'

/** What a step of a state machine may reach. Settings are read only when asked for, since a step may have to answer without. */
export interface TaskCall {
  connect(): Promise<Services>
  report(error: unknown): void
  signal: AbortSignal
}

const answerMs = 5_000

/** The stack of functions that a state machine calls: JSON in, JSON out, what is thrown is the machine's to retry. */
export const task = <Input, Output>(name: string, run: (input: Input, call: TaskCall) => Promise<Output>) =>
  middy<Input, Output, Error, Context>(
    async (input: Input, context: Context) => {
      let isOutage = false
      const output = await run(input, {
        connect: currentServices,
        report: (error) => {
          log.warn(name, { reason: loggable(error) })
          isOutage ||= isUnreachable(error)
        },
        // Ends what is under way while there is still time to answer.
        signal: AbortSignal.timeout(Math.max(1_000, (context.getRemainingTimeInMillis?.() ?? 60_000) - answerMs)),
      })
      if (isOutage) await count('AirbyteUnreachable')
      return output
    },
    { timeoutEarlyInMillis: 500 },
  )
