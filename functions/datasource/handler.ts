import { api } from '../../lib/http/api.ts'
import { endpoint } from '../../lib/http/contract.ts'
import { asDatasource, createDatasource } from '../../lib/http/contracts/datasource.ts'
import { createActor } from '../../lib/ingestion/create-actor.ts'

export const handler = api({
  'POST /datasource': endpoint(createDatasource, async (services, { body, signal }) =>
    asDatasource(await createActor(services, 'source', body, signal)),
  ),
})
