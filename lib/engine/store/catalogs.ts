import type { DatabaseSync } from 'node:sqlite'
import type { Stream } from '../../connectors/connector.ts'

export interface StoredCatalog {
  id: string
  streams: readonly Stream[]
}

/** The newest discovered catalog of each source. */
export const catalogStore = (database: DatabaseSync) => {
  const upsert = database.prepare(
    `INSERT INTO catalogs (source_id, id, streams) VALUES (?, ?, ?)
     ON CONFLICT (source_id) DO UPDATE SET id = iif(streams = excluded.streams, id, excluded.id), streams = excluded.streams`,
  )
  const select = database.prepare('SELECT id, streams FROM catalogs WHERE source_id = ?')
  const find = (sourceId: string): StoredCatalog | undefined => {
    const row = select.get(sourceId) as { id: string; streams: string } | undefined
    return row && { id: row.id, streams: JSON.parse(row.streams) }
  }
  return {
    find,
    /** Answers the catalog's id: the earlier one when nothing has changed, else `id`. */
    save(sourceId: string, { id, streams }: StoredCatalog): string {
      upsert.run(sourceId, id, JSON.stringify(streams))
      return (select.get(sourceId) as { id: string }).id
    },
  }
}
