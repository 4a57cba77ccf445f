import type { DatabaseSync } from 'node:sqlite'

/** Values that are made once and then stay, such as the workspace's id. */
export const settingsStore = (database: DatabaseSync) => {
  const insert = database.prepare('INSERT OR IGNORE INTO settings (name, value) VALUES (?, ?)')
  const select = database.prepare('SELECT value FROM settings WHERE name = ?')
  return {
    /** The stored value, or `initial`, stored from now on. */
    getOrSet(name: string, initial: string): string {
      insert.run(name, initial)
      return (select.get(name) as { value: string }).value
    },
  }
}
