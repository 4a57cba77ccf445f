import { api } from '../../lib/http/api.ts'
import { endpoint } from '../../lib/http/contract.ts'
import * as contracts from '../../lib/http/contracts/sync.ts'
import { parseSyncEvent } from '../../lib/http/contracts/sync-event.ts'
import { either } from '../../lib/http/either.ts'
import { task } from '../../lib/http/task.ts'
import { cancelSync } from '../../lib/ingestion/sync/cancel-sync.ts'
import { searchFor } from '../../lib/ingestion/sync/find-sync.ts'
import { getSync } from '../../lib/ingestion/sync/get-sync.ts'
import { getSyncLogs } from '../../lib/ingestion/sync/get-sync-logs.ts'
import { listSyncs } from '../../lib/ingestion/sync/list-syncs.ts'
import { startSync } from '../../lib/ingestion/sync/start-sync.ts'
import { startSyncs } from '../../lib/ingestion/sync/start-syncs.ts'

const http = api({
  'POST /ingestion/{id}/sync': endpoint(
    contracts.startIngestionSync,
    async (services, { path: { id: connectionId }, query, body, key, signal }) => {
      const options = contracts.asSyncOptions({ ...body, ...query })
      return contracts.asStarted(await startSync(services, { ...options, connectionId, pointer: '/id', key }, signal))
    },
    ({ query, body }, error) => searchFor(error, contracts.asSyncOptions({ ...body, ...query })),
  ),
  'POST /sync': endpoint(
    contracts.startSync,
    async (services, { query, body, key, signal }) => {
      const options = contracts.asSyncOptions({ ...body, ...query })
      return contracts.asStarted(await startSync(services, { ...options, pointer: '/connectionId', key }, signal))
    },
    ({ query, body }, error) => searchFor(error, contracts.asSyncOptions({ ...body, ...query })),
  ),
  'GET /ingestion/{id}/sync': endpoint(contracts.listSyncs, (services, { path, query, signal }) =>
    listSyncs(services, { ...path, ...query }, signal),
  ),
  'GET /sync/{jobId}': endpoint(contracts.getSync, (services, { path, signal }) => getSync(services, path, signal)),
  'GET /sync/{jobId}/logs': endpoint(contracts.getSyncLogs, (services, { path, query, signal }) =>
    getSyncLogs(services, { ...path, ...query }, signal),
  ),
  'DELETE /sync/{jobId}': endpoint(contracts.cancelSync, (services, { path, signal }) =>
    cancelSync(services, path, signal),
  ),
})

/** An EventBridge rule, a schedule, or whoever else invokes the function by itself. */
const event = task('sync', async (input: unknown, { connect, signal }) => {
  const syncs = parseSyncEvent(input)
  return startSyncs(await connect(), syncs, signal)
})

export const handler = either(http, event)
