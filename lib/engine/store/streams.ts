import type { DatabaseSync } from 'node:sqlite'
import type { StreamState } from '../../connectors/connector.ts'
import type { StreamName } from '../job.ts'

/** What a connection remembers of each stream between jobs: where to resume, and how often it was refreshed. */
export const streamStore = (database: DatabaseSync) => {
  const saveState = database.prepare(
    `INSERT INTO streams (connection_id, namespace, name, state) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state`,
  )
  const selectStates = database.prepare(
    'SELECT namespace, name, state FROM streams WHERE connection_id = ? AND state IS NOT NULL ORDER BY namespace, name',
  )
  const selectState = database.prepare(
    'SELECT state FROM streams WHERE connection_id = ? AND namespace = ? AND name = ?',
  )
  const clearState = database.prepare(
    'UPDATE streams SET state = NULL WHERE connection_id = ? AND namespace = ? AND name = ?',
  )
  const raise = database.prepare(
    `INSERT INTO streams (connection_id, namespace, name, generation) VALUES (?, ?, ?, 1)
     ON CONFLICT DO UPDATE SET generation = generation + 1`,
  )
  const selectGeneration = database.prepare(
    'SELECT generation FROM streams WHERE connection_id = ? AND namespace = ? AND name = ?',
  )
  const key = (connectionId: string, { name, namespace = '' }: StreamName) => [connectionId, namespace, name] as const
  return {
    saveState(connectionId: string, stream: StreamName, state: StreamState): void {
      saveState.run(...key(connectionId, stream), JSON.stringify(state))
    },
    stateOf(connectionId: string, stream: StreamName): StreamState | undefined {
      const row = selectState.get(...key(connectionId, stream)) as { state: string | null } | undefined
      return row?.state ? JSON.parse(row.state) : undefined
    },
    listStates(connectionId: string): { stream: StreamName; state: StreamState }[] {
      const rows = selectStates.all(connectionId) as unknown as { namespace: string; name: string; state: string }[]
      return rows.map(({ namespace, name, state }) => ({
        stream: namespace === '' ? { name } : { name, namespace },
        state: JSON.parse(state),
      }))
    },
    clearState(connectionId: string, stream: StreamName): void {
      clearState.run(...key(connectionId, stream))
    },
    generationOf(connectionId: string, stream: StreamName): number {
      const row = selectGeneration.get(...key(connectionId, stream)) as { generation: number } | undefined
      return row?.generation ?? 0
    },
    /** Counts one more full refresh of the stream and answers the new number. */
    raiseGeneration(connectionId: string, stream: StreamName): number {
      raise.run(...key(connectionId, stream))
      return (selectGeneration.get(...key(connectionId, stream)) as { generation: number }).generation
    },
  }
}
