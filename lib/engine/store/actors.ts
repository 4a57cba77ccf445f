import type { DatabaseSync } from 'node:sqlite'
import type { Actor, ActorKind } from '../actor.ts'

interface Row {
  id: string
  kind: ActorKind
  definition_id: string
  name: string
  configuration: string
  created_at: number
}

export const actorStore = (database: DatabaseSync) => {
  const insert = database.prepare(
    'INSERT INTO actors (id, kind, definition_id, name, configuration, created_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const select = database.prepare('SELECT * FROM actors WHERE kind = ? AND id = ?')
  const selectAll = database.prepare('SELECT * FROM actors WHERE kind = ? ORDER BY created_at, id')
  const update = database.prepare('UPDATE actors SET name = ?, configuration = ? WHERE id = ?')
  const remove = database.prepare('DELETE FROM actors WHERE id = ?')
  return {
    add(actor: Actor): void {
      insert.run(
        actor.id,
        actor.kind,
        actor.definitionId,
        actor.name,
        JSON.stringify(actor.configuration),
        actor.createdAt.getTime(),
      )
    },
    find(kind: ActorKind, id: string): Actor | undefined {
      const row = select.get(kind, id) as Row | undefined
      return row && fromRow(row)
    },
    /** Oldest first. */
    list(kind: ActorKind): Actor[] {
      return (selectAll.all(kind) as unknown as Row[]).map(fromRow)
    },
    /** Saves name and configuration; kind and definition never change. */
    save(actor: Actor): void {
      update.run(actor.name, JSON.stringify(actor.configuration), actor.id)
    },
    /** Takes the actor's connections, their states and its catalog with it. */
    remove(id: string): void {
      remove.run(id)
    },
  }
}

const fromRow = (row: Row): Actor => ({
  id: row.id,
  kind: row.kind,
  definitionId: row.definition_id,
  name: row.name,
  configuration: JSON.parse(row.configuration),
  createdAt: new Date(row.created_at),
})
