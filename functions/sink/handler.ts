import { api } from '../../lib/http/api.ts'
import { endpoint } from '../../lib/http/contract.ts'
import { asSink, createSink } from '../../lib/http/contracts/sink.ts'
import { createActor } from '../../lib/ingestion/create-actor.ts'

export const handler = api({
  'POST /sink': endpoint(createSink, async (services, { body, signal }) =>
    asSink(await createActor(services, 'destination', body, signal)),
  ),
})
