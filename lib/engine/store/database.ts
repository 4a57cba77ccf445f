import { accessSync, chmodSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { IngestionError } from '../../errors.ts'
import { migrations } from './schema.ts'

const fileName = 'engine.sqlite'

/** SQLite's primary result codes. */
const sqlite = { busy: 5, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const

/**
 * Opens the metadata file in `dataDir`, creating both with access for their owner only, and brings its schema up to date.
 * The file stays locked until it is closed, so that two engines cannot share a directory; a killed engine leaves no lock.
 */
export const openDatabase = (dataDir: string): DatabaseSync => {
  const file = join(dataDir, fileName)
  createOwnerOnly(dataDir, file)
  const database = new DatabaseSync(file)
  try {
    // Before the first read: SQLite then keeps its lock between transactions and needs no shared memory file.
    // FULL: with a loss of power no commit may be forgotten; a state that was cleared would come back, and its rows be missed.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    database.exec('PRAGMA foreign_keys = ON; BEGIN EXCLUSIVE; COMMIT')
    migrate(database, file)
    return database
  } catch (error) {
    database.close()
    throw openFailure(error, dataDir, file)
  }
}

/** Runs `work` so that all of its writes happen or none. Not to be nested. */
export const transaction = <T>(database: DatabaseSync, work: () => T): T => {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // Some failures, a full disk among them, have rolled back already.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** A transaction that does not wait for the disk: a loss of power may undo it, a killed engine does not. */
export const unsynced = (database: DatabaseSync, work: () => void): void => {
  database.exec('PRAGMA synchronous = NORMAL')
  try {
    transaction(database, work)
  } finally {
    database.exec('PRAGMA synchronous = FULL')
  }
}

const createOwnerOnly = (dataDir: string, file: string) => {
  try {
    if (!existsSync(dataDir)) mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    // SQLite gives its journal the mode of the file, so the file must have it before SQLite opens it. One that is there is not
    // opened here: to close it again would take the lock from an engine of this process.
    if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600)
    accessSync(file, constants.W_OK)
  } catch (error) {
    throw new IngestionError('not_configured', `The data directory ${dataDir} cannot be written: choose another one.`, {
      cause: error,
    })
  }
}

const migrate = (database: DatabaseSync, file: string) => {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > migrations.length)
    throw new IngestionError(
      'conflict',
      `${file} was written by a newer version of the engine (schema ${version}, this one knows ${migrations.length}): update the engine or choose another data directory.`,
    )
  for (const [index, migration] of migrations.entries())
    if (index >= version) transaction(database, () => database.exec(`${migration}; PRAGMA user_version = ${index + 1}`))
}

/** True for what SQLite throws when it cannot write for lack of room. */
export const isDiskFull = (error: unknown): boolean => resultCodeOf(error) === sqlite.full

/** The primary code; extended ones have more in their higher bytes. */
const resultCodeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined

const openFailure = (error: unknown, dataDir: string, file: string): unknown => {
  const failure = (code: 'conflict' | 'not_configured', message: string) =>
    new IngestionError(code, message, { cause: error })
  switch (resultCodeOf(error)) {
    case sqlite.busy:
      return failure(
        'conflict',
        `The data directory ${dataDir} is in use by another engine: stop it or choose another directory.`,
      )
    case sqlite.notADatabase:
    case sqlite.corrupt:
      return failure(
        'conflict',
        `${file} is not a database of the engine, or damaged: restore it from a backup, or choose another data directory.`,
      )
    case sqlite.full:
      return failure('not_configured', `The disk of the data directory ${dataDir} is full: free some room on it.`)
    case sqlite.readOnly:
    case sqlite.ioError:
    case sqlite.cannotOpen:
      return failure(
        'not_configured',
        `${file} cannot be written: let the engine write it, or choose another directory.`,
      )
    default:
      return error
  }
}
