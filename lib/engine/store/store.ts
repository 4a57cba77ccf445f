import { actorStore } from './actors.ts'
import { attemptStore } from './attempts.ts'
import { catalogStore } from './catalogs.ts'
import { connectionStore } from './connections.ts'
import { openDatabase, transaction, unsynced } from './database.ts'
import { jobStore } from './jobs.ts'
import { settingsStore } from './settings.ts'
import { streamStore } from './streams.ts'

export type Store = ReturnType<typeof openStore>

/** All of the engine's metadata in one file of `dataDir`. Throws when another engine uses the directory. */
export const openStore = (dataDir: string) => {
  const database = openDatabase(dataDir)
  return {
    actors: actorStore(database),
    catalogs: catalogStore(database),
    connections: connectionStore(database),
    streams: streamStore(database),
    jobs: jobStore(database),
    attempts: attemptStore(database),
    settings: settingsStore(database),
    /** All writes of `work` happen or none. Not to be nested. */
    transaction: <T>(work: () => T): T => transaction(database, work),
    /** The same for what may be forgotten when the machine loses its power: waiting for the disk takes a hundred times longer. */
    unsynced: (work: () => void): void => unsynced(database, work),
    close: () => database.close(),
  }
}
