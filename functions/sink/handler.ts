import { api } from '../../lib/http/api.ts'
import { endpoint } from '../../lib/http/contract.ts'
import * as contracts from '../../lib/http/contracts/sink.ts'
import { Reply } from '../../lib/http/reply.ts'
import { checkActor } from '../../lib/ingestion/actor/check-actor.ts'
import { createActor, dryCreateActor } from '../../lib/ingestion/actor/create-actor.ts'
import { deleteActor } from '../../lib/ingestion/actor/delete-actor.ts'
import { listActors } from '../../lib/ingestion/actor/list-actors.ts'
import { getActor } from '../../lib/ingestion/actor/read-actor.ts'
import { dryUpdateActor, updateActor } from '../../lib/ingestion/actor/update-actor.ts'

const { asSink } = contracts

export const handler = api({
  'POST /sink': endpoint(contracts.createSink, async (services, { query, body, signal }) => {
    if (query.dryRun) return new Reply(200, await dryCreateActor(services, 'destination', body, signal))
    const made = asSink(await createActor(services, 'destination', { ...query, ...body }, signal))
    return made.existing ? new Reply(200, made) : made
  }),
  'GET /sink': endpoint(contracts.listSinks, async (services, { query, signal }) => {
    const page = await listActors(services, 'destination', query, signal)
    return { ...page, items: page.items.map(asSink) }
  }),
  'GET /sink/{id}': endpoint(contracts.getSink, async (services, { path, signal }) =>
    asSink(await getActor(services, 'destination', path.id, signal)),
  ),
  'PATCH /sink/{id}': endpoint(contracts.updateSink, async (services, { path, query, body, signal }) => {
    if (query.dryRun) return new Reply(200, await dryUpdateActor(services, 'destination', { ...path, ...body }, signal))
    return asSink(await updateActor(services, 'destination', { ...path, ...body }, signal))
  }),
  'DELETE /sink/{id}': endpoint(contracts.deleteSink, (services, { path, query, signal }) =>
    deleteActor(services, 'destination', { ...path, ...query }, signal),
  ),
  'POST /sink/{id}/check': endpoint(
    contracts.checkSink,
    (services, { path, signal }) => checkActor(services, 'destination', path.id, signal),
    ({ path }) => ({ kind: 'check', actor: 'destination', id: path.id }),
  ),
})
