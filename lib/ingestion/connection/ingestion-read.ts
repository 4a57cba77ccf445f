import type { ConnectionRead } from '../../airbyte/types.ts'
import { fromWireSchedule, type ShownSchedule } from './schedule.ts'
import { type SelectedStream, shownStream } from './select-streams.ts'

/** A connection in this API's words. */
export interface IngestionRead {
  id: string
  connectionId: string
  sourceId: string
  /** The same as `destinationId`. */
  sinkId: string
  destinationId: string
  name: string
  streams: SelectedStream[]
  schedule: ShownSchedule
  status: string
  namespace: 'source' | 'destination' | { format: string }
  prefix?: string
  /** Absent where Airbyte does not tell (0.40). */
  created?: string
}

export const ingestionRead = (connection: ConnectionRead, now: Date): IngestionRead => ({
  id: connection.connectionId,
  connectionId: connection.connectionId,
  sourceId: connection.sourceId,
  sinkId: connection.destinationId,
  destinationId: connection.destinationId,
  name: connection.name,
  streams: (connection.syncCatalog?.streams ?? []).flatMap(({ stream, config }) =>
    config && config.selected !== false ? [shownStream(stream, config, undefined)] : [],
  ),
  schedule: fromWireSchedule(connection.scheduleType, connection.scheduleData, now),
  status: connection.status,
  namespace: namespaceOf(connection),
  ...(connection.prefix ? { prefix: connection.prefix } : {}),
  ...(connection.created_at ? { created: new Date(connection.created_at * 1000).toISOString() } : {}),
})

const namespaceOf = ({ namespaceDefinition, namespaceFormat }: ConnectionRead): IngestionRead['namespace'] => {
  if (namespaceDefinition === 'customformat') return { format: namespaceFormat ?? '' }
  return namespaceDefinition === 'destination' ? 'destination' : 'source'
}
