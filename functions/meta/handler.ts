import { api } from '../../lib/http/api.ts'
import { endpoint } from '../../lib/http/contract.ts'
import * as connectors from '../../lib/http/contracts/connectors.ts'
import * as contracts from '../../lib/http/contracts/health.ts'
import * as operations from '../../lib/http/contracts/operation.ts'
import { Reply } from '../../lib/http/reply.ts'
import { getConnector } from '../../lib/ingestion/get-connector.ts'
import { health } from '../../lib/ingestion/health.ts'
import { listConnectors } from '../../lib/ingestion/list-connectors.ts'
import { listWorkspaces } from '../../lib/ingestion/list-workspaces.ts'
import { getOperation } from '../../lib/ingestion/operation/get-operation.ts'

export const handler = api({
  'GET /health': endpoint(contracts.health, (services, { signal }) => health(services, signal)),
  'GET /connectors': endpoint(connectors.listConnectors, (services, { query, signal }) =>
    listConnectors(services, query, signal),
  ),
  'GET /connectors/{kind}/{type}': endpoint(connectors.getConnector, (services, { path, signal }) =>
    getConnector(services, path, signal),
  ),
  'GET /workspaces': endpoint(connectors.listWorkspaces, (services, { signal }) => listWorkspaces(services, signal)),
  'GET /operations/{id}': endpoint(operations.getOperation, async (services, { path, signal }) => {
    const { status, body, location } = await getOperation(services, path, signal)
    return new Reply(status, body, location)
  }),
})
