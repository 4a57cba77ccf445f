import type { DatabaseSync } from 'node:sqlite'
import type { Connection } from '../connection.ts'

interface Row {
  id: string
  source_id: string
  destination_id: string
  body: string
  created_at: number
}

/** Connections; everything that no query looks at lies in one JSON column. */
export const connectionStore = (database: DatabaseSync) => {
  const insert = database.prepare(
    'INSERT INTO connections (id, source_id, destination_id, body, created_at) VALUES (?, ?, ?, ?, ?)',
  )
  const select = database.prepare('SELECT * FROM connections WHERE id = ?')
  const selectAll = database.prepare('SELECT * FROM connections ORDER BY created_at, id')
  const selectOfActor = database.prepare('SELECT * FROM connections WHERE ? IN (source_id, destination_id)')
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
