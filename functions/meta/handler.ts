import { api } from '../../lib/http/api.ts'
import { endpoint } from '../../lib/http/contract.ts'
import * as contracts from '../../lib/http/contracts/health.ts'
import { health } from '../../lib/ingestion/health.ts'

export const handler = api({
  'GET /health': endpoint(contracts.health, (services, { signal }) => health(services, signal)),
})
