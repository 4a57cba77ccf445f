import type { DatabaseSync } from 'node:sqlite'
import type { Connection } from '../connection.ts'

interface Row {
  id: string
  source_id: string
  destination_id: string
  body: string
  created_at: number
}

export type ScheduledConnection = Pick<Connection, 'id' | 'status' | 'schedule' | 'createdAt'>

/** Connections; everything that no query looks at lies in one JSON column. */
export const connectionStore = (database: DatabaseSync) => {
  const insert = database.prepare(
    'INSERT INTO connections (id, source_id, destination_id, body, created_at) VALUES (?, ?, ?, ?, ?)',
  )
  const select = database.prepare('SELECT * FROM connections WHERE id = ?')
  const selectAll = database.prepare('SELECT * FROM connections ORDER BY created_at, id')
  const selectOfActor = database.prepare('SELECT * FROM connections WHERE ? IN (source_id, destination_id)')
  const countOfActor = database.prepare('SELECT count(*) AS n FROM connections WHERE ? IN (source_id, destination_id)')
  const selectScheduled = database.prepare(
    `SELECT id, created_at, body ->> '$.status' AS status, body -> '$.schedule' AS schedule
     FROM connections INDEXED BY connections_scheduled`,
  )
  const update = database.prepare('UPDATE connections SET body = ? WHERE id = ?')
  const remove = database.prepare('DELETE FROM connections WHERE id = ?')
  return {
    add(connection: Connection): void {
      const { id, sourceId, destinationId, createdAt, ...body } = connection
      insert.run(id, sourceId, destinationId, JSON.stringify(body), createdAt.getTime())
    },
    find(id: string): Connection | undefined {
      const row = select.get(id) as Row | undefined
      return row && fromRow(row)
    },
    /** Oldest first. */
    list(): Connection[] {
      return (selectAll.all() as unknown as Row[]).map(fromRow)
    },
    listOfActor(actorId: string): Connection[] {
      return (selectOfActor.all(actorId) as unknown as Row[]).map(fromRow)
    },
    countOfActor(actorId: string): number {
      return (countOfActor.get(actorId) as { n: number }).n
    },
    /** What says when each connection runs; its catalog, which may be large, is not read. */
    listScheduled(): ScheduledConnection[] {
      const rows = selectScheduled.all() as unknown as (Row & { status: Connection['status']; schedule: string })[]
      return rows.map(({ id, created_at, status, schedule }) => ({
        ...{ id, status, schedule: JSON.parse(schedule), createdAt: new Date(created_at) },
      }))
    },
    save(connection: Connection): void {
      const { id, sourceId: _source, destinationId: _destination, createdAt: _createdAt, ...body } = connection
      update.run(JSON.stringify(body), id)
    },
    /** Takes its states with it; its jobs stay. */
    remove(id: string): void {
      remove.run(id)
    },
  }
}

const fromRow = (row: Row): Connection => ({
  ...(JSON.parse(row.body) as Omit<Connection, 'id' | 'sourceId' | 'destinationId' | 'createdAt'>),
  id: row.id,
  sourceId: row.source_id,
  destinationId: row.destination_id,
  createdAt: new Date(row.created_at),
})
