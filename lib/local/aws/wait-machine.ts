import { deployedMachine, functionArn } from './deployed-machine.ts'
import type { LocalStateMachine } from './sfn-endpoint.ts'

/** Waits for a job, polls and publishes. */
export const waitMachine = (services: Parameters<typeof deployedMachine>[1]): LocalStateMachine =>
  deployedMachine(
    {
      name: 'wait-for-job',
      file: 'poll/wait-for-job.asl.json',
      substitutions: { PollFunctionArn: functionArn('poll'), EventBusName: 'default' },
    },
    services,
  )
