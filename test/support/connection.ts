import type { StandIn } from './airbyte/stand-in.ts'

/** The id of a new connection of the stand-in. */
export const connect = (airbyte: StandIn, status = 'active'): string => {
  const connectionId = crypto.randomUUID()
  airbyte.state.connections.set(connectionId, { connectionId, status, name: 'c' })
  return connectionId
}
