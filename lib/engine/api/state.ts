import * as z from 'zod'
import { IngestionError } from '../../errors.ts'
import type { Services } from '../services.ts'
import { requireConnection } from './connections.ts'
import { type Operation, post } from './operation.ts'
import { id, jsonObject, oneOf, optional } from './wire.ts'

const descriptor = z
  .object({ name: z.string(), namespace: optional(z.string()) })
  .transform(({ name, namespace }) => (namespace ? { name, namespace } : { name }))

const given = z.object({
  connectionId: id,
  connectionState: z.object({
    // What the engine keeps; Airbyte has a global and a legacy kind too.
    stateType: oneOf(['stream'] as const),
    streamState: z.array(z.object({ streamDescriptor: descriptor, streamState: optional(jsonObject) })),
  }),
})

/** Sets the states of the streams that are given; one without a state is read from its beginning. The others stay. */
const set = post(given, ({ connectionId, connectionState }, services) => {
  const { store } = services
  requireConnection(connectionId, services)
  // The job would put its own in the place of what is set now.
  if (store.jobs.findUnfinished(connectionId))
    throw new IngestionError('sync_running', 'State cannot be updated while a sync is running for this connection.')
  store.transaction(() => {
    for (const { streamDescriptor, streamState } of connectionState.streamState)
      if (streamState) store.streams.saveState(connectionId, streamDescriptor, streamState)
      else store.streams.clearState(connectionId, streamDescriptor)
  })
  return stateRead(connectionId, services)
})

export const stateOperations: Readonly<Record<string, Operation>> = {
  '/state/get': post(z.object({ connectionId: id }), ({ connectionId }, services) => {
    requireConnection(connectionId, services)
    return stateRead(connectionId, services)
  }),
  '/state/create_or_update': set,
  '/state/create_or_update_safe': set,
}

const stateRead = (connectionId: string, { store }: Services) => {
  const states = store.streams.listStates(connectionId)
  if (states.length === 0) return { connectionId, stateType: 'not_set' }
  return {
    connectionId,
    stateType: 'stream',
    streamState: states.map(({ stream, state }) => ({ streamDescriptor: stream, streamState: state })),
  }
}
