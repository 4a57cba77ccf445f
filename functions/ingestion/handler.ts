import { api } from '../../lib/http/api.ts'
import { endpoint } from '../../lib/http/contract.ts'
import * as contracts from '../../lib/http/contracts/ingestion.ts'
import { Reply } from '../../lib/http/reply.ts'
import { createIngestion, dryCreateIngestion } from '../../lib/ingestion/connection/create-ingestion.ts'
import { deleteIngestion } from '../../lib/ingestion/connection/delete-ingestion.ts'
import { getIngestion } from '../../lib/ingestion/connection/get-ingestion.ts'
import { listIngestions } from '../../lib/ingestion/connection/list-ingestions.ts'
import { refreshSchema } from '../../lib/ingestion/connection/refresh-schema.ts'
import { dryUpdateIngestion, updateIngestion } from '../../lib/ingestion/connection/update-ingestion.ts'

const { asConnectionRequest } = contracts

export const handler = api({
  'POST /ingestion': endpoint(
    contracts.createIngestion,
    async (services, { query, body, signal }) => {
      const request = asConnectionRequest(body, query.ifExists)
      if (query.dryRun) return new Reply(200, await dryCreateIngestion(services, request, signal))
      const made = await createIngestion(services, request, signal)
      return made.existing ? new Reply(200, made) : made
    },
    ({ query, body }) =>
      query.dryRun ? undefined : { kind: 'create-ingestion', request: asConnectionRequest(body, query.ifExists) },
  ),
  'GET /ingestion': endpoint(contracts.listIngestions, (services, { query, signal }) =>
    listIngestions(services, query, signal),
  ),
  'GET /ingestion/{id}': endpoint(contracts.getIngestion, (services, { path, signal }) =>
    getIngestion(services, path.id, signal),
  ),
  'PATCH /ingestion/{id}': endpoint(
    contracts.updateIngestion,
    async (services, { path, query, body, signal }) => {
      if (query.dryRun) return new Reply(200, await dryUpdateIngestion(services, { ...path, ...body }, signal))
      return updateIngestion(services, { ...path, ...body }, signal)
    },
    ({ path, query, body }) => (query.dryRun ? undefined : { kind: 'update-ingestion', request: { ...path, ...body } }),
  ),
  'DELETE /ingestion/{id}': endpoint(contracts.deleteIngestion, (services, { path, signal }) =>
    deleteIngestion(services, path.id, signal),
  ),
  'POST /ingestion/{id}/refresh-schema': endpoint(
    contracts.refreshSchema,
    (services, { path, query, signal }) => refreshSchema(services, { ...path, ...query }, signal),
    ({ path, query }) => ({ kind: 'refresh-schema', ...path, ...query }),
  ),
})
