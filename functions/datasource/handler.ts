import { api } from '../../lib/http/api.ts'
import { endpoint } from '../../lib/http/contract.ts'
import * as contracts from '../../lib/http/contracts/datasource.ts'
import { Reply } from '../../lib/http/reply.ts'
import { checkActor } from '../../lib/ingestion/actor/check-actor.ts'
import { createActor, dryCreateActor } from '../../lib/ingestion/actor/create-actor.ts'
import { deleteActor } from '../../lib/ingestion/actor/delete-actor.ts'
import { getSchema } from '../../lib/ingestion/actor/get-schema.ts'
import { listActors } from '../../lib/ingestion/actor/list-actors.ts'
import { getActor } from '../../lib/ingestion/actor/read-actor.ts'
import { dryUpdateActor, updateActor } from '../../lib/ingestion/actor/update-actor.ts'

const { asDatasource } = contracts

export const handler = api({
  'POST /datasource': endpoint(contracts.createDatasource, async (services, { query, body, signal }) => {
    if (query.dryRun) return new Reply(200, await dryCreateActor(services, 'source', body, signal))
    const made = asDatasource(await createActor(services, 'source', { ...query, ...body }, signal))
    return made.existing ? new Reply(200, made) : made
  }),
  'GET /datasource': endpoint(contracts.listDatasources, async (services, { query, signal }) => {
    const page = await listActors(services, 'source', query, signal)
    return { ...page, items: page.items.map(asDatasource) }
  }),
  'GET /datasource/{id}': endpoint(contracts.getDatasource, async (services, { path, signal }) =>
    asDatasource(await getActor(services, 'source', path.id, signal)),
  ),
  'PATCH /datasource/{id}': endpoint(contracts.updateDatasource, async (services, { path, query, body, signal }) => {
    if (query.dryRun) return new Reply(200, await dryUpdateActor(services, 'source', { ...path, ...body }, signal))
    return asDatasource(await updateActor(services, 'source', { ...path, ...body }, signal))
  }),
  'DELETE /datasource/{id}': endpoint(contracts.deleteDatasource, (services, { path, query, signal }) =>
    deleteActor(services, 'source', { ...path, ...query }, signal),
  ),
  'POST /datasource/{id}/check': endpoint(
    contracts.checkDatasource,
    (services, { path, signal }) => checkActor(services, 'source', path.id, signal),
    ({ path }) => ({ kind: 'check', actor: 'source', id: path.id }),
  ),
  'GET /datasource/{id}/schema': endpoint(
    contracts.getSchema,
    (services, { path, query, signal }) => getSchema(services, { ...path, ...query }, signal),
    ({ path, query }) => ({ kind: 'schema', ...path, ...query }),
  ),
})
