import { api } from '../../lib/http/api.ts'
import { endpoint } from '../../lib/http/contract.ts'
import * as contracts from '../../lib/http/contracts/sync.ts'
import { getSync } from '../../lib/ingestion/get-sync.ts'
import { startSync } from '../../lib/ingestion/start-sync.ts'

export const handler = api({
  'POST /ingestion/{id}/sync': endpoint(contracts.startIngestionSync, (services, { path, signal }) =>
    startSync(services, { connectionId: path.id, pointer: '/id' }, signal),
  ),
  'POST /sync': endpoint(contracts.startSync, (services, { body, signal }) =>
    startSync(services, { connectionId: body.connectionId, pointer: '/connectionId' }, signal),
  ),
  'GET /sync/{jobId}': endpoint(contracts.getSync, (services, { path, signal }) => getSync(services, path, signal)),
})
