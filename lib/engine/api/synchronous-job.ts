import { randomUUID } from 'node:crypto'
import type { FailureReason } from '../job.ts'
import { present } from './wire.ts'

type ConfigType = 'check_connection_source' | 'check_connection_destination' | 'discover_schema' | 'get_spec'

/** SynchronousJobRead. Its instants are milliseconds, unlike every other job's. */
export const synchronousJob = (
  configType: ConfigType,
  configId: string,
  startedAt: Date,
  failureReason?: FailureReason,
) =>
  present({
    id: randomUUID(),
    configType,
    configId,
    createdAt: startedAt.getTime(),
    endedAt: Date.now(),
    succeeded: failureReason === undefined,
    connectorConfigurationUpdated: false,
    logType: 'formatted',
    logs: { logLines: [] },
    failureReason,
  })
