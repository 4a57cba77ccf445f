import { deployedMachine, functionArn } from './deployed-machine.ts'
import type { LocalStateMachine } from './sfn-endpoint.ts'

/** Does what takes longer than a request may. */
export const operationMachine = (services: Parameters<typeof deployedMachine>[1]): LocalStateMachine =>
  deployedMachine(
    {
      name: 'operation',
      file: 'operation/operation.asl.json',
      substitutions: { OperationFunctionArn: functionArn('operation') },
    },
    services,
  )
