import { api } from '../../lib/http/api.ts'
import { endpoint } from '../../lib/http/contract.ts'
import * as contracts from '../../lib/http/contracts/ingestion.ts'
import { createIngestion } from '../../lib/ingestion/create-ingestion.ts'

export const handler = api({
  'POST /ingestion': endpoint(contracts.createIngestion, (services, { body, signal }) =>
    createIngestion(services, contracts.asConnectionRequest(body), signal),
  ),
})
