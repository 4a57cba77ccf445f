import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { chmod, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { IngestionError } from '../errors.ts'

/** What a later run with the same directory must find again, since the engine has stored it in its sources and destinations. */
interface Kept {
  postgresPassword: string
  s3SecretAccessKey: string
  postgresPort: number
  s3Port: number
}

export interface DataDirectory {
  readonly path: string
  /** Whether it outlives the run. */
  readonly kept: boolean
  /** Passwords, random for every new directory, and the ports of the last run (0 = none yet). */
  readonly settings: Kept
  remember(ports: Pick<Kept, 'postgresPort' | 's3Port'>): Promise<void>
  /** Removes a temporary directory, or gives a kept one free for the next run. */
  close(): Promise<void>
}

/** Opens `directory` for this process alone, or makes a temporary one. */
export const openDataDirectory = async (directory: string | undefined): Promise<DataDirectory> => {
  const { path, close } = directory === undefined ? await temporaryDirectory('data') : await lockedDirectory(directory)
  // Postgres started by root runs as another user, who must be able to pass through.
  if (directory === undefined) await chmod(path, 0o711)
  const settingsFile = join(path, 'settings.json')
  const save = () => replaceFile(settingsFile, JSON.stringify(settings))
  let settings: Kept
  try {
    settings = await readSettings(settingsFile)
    await save()
  } catch (error) {
    await close()
    throw error
  }
  return {
    path,
    kept: directory !== undefined,
    settings,
    remember: async (ports) => {
      Object.assign(settings, ports)
      await save()
    },
    close,
  }
}

/** A new directory, removed by `close`, or else when this process exits. */
export const temporaryDirectory = async (purpose: string): Promise<{ path: string; close(): Promise<void> }> => {
  const parent = await realpath(tmpdir())
  // Made and noted for removal in one go: an exit in between would leave it.
  const path = mkdtempSync(join(parent, `airbyte-ingestion-${purpose}-`))
  // Who was killed may still be writing.
  const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }
  const removeNow = () => rmSync(path, options)
  process.once('exit', removeNow)
  return {
    path,
    close: async () => {
      await rm(path, options)
      process.off('exit', removeNow)
    },
  }
}

const lockedDirectory = async (directory: string): Promise<{ path: string; close(): Promise<void> }> => {
  const path = resolve(directory)
  // For whoever wonders; a killed run leaves it, and its number may be another process's by now.
  const pidFile = join(path, 'running.pid')
  try {
    await mkdir(path, { recursive: true })
    const lock = lockFile(join(path, 'running.lock'))
    if (lock === undefined) {
      const pid = await readFile(pidFile, 'utf8').catch(() => '')
      throw new IngestionError('conflict', `${path} is used by process ${pid}. Stop it, or choose another --data.`)
    }
    await writeFile(pidFile, String(process.pid))
    return {
      path,
      close: async () => {
        await rm(pidFile, { force: true })
        lock.close()
      },
    }
  } catch (cause) {
    if (cause instanceof IngestionError) throw cause
    throw new IngestionError(
      'not_configured',
      `${path} cannot be written: ${reasonOf(cause)}. Choose another --data, or make room.`,
      { cause },
    )
  }
}

/** SQLite's primary result code for a file that somebody else has locked. */
const sqliteBusy = 5

/** Locks a file of no content for as long as it is open, and this process lives; undefined when another has locked it. */
const lockFile = (file: string): DatabaseSync | undefined => {
  const lock = new DatabaseSync(file)
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return undefined
    throw error
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const readSettings = async (file: string): Promise<Kept> => {
  const kept = await readKept(file)
  return {
    postgresPassword: kept.postgresPassword ?? randomBytes(18).toString('base64url'),
    s3SecretAccessKey: kept.s3SecretAccessKey ?? randomBytes(18).toString('base64url'),
    postgresPort: kept.postgresPort ?? 0,
    s3Port: kept.s3Port ?? 0,
  }
}

const readKept = async (file: string): Promise<Partial<Kept>> => {
  if (!existsSync(file)) return {}
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Partial<Kept>
  } catch (cause) {
    throw new IngestionError(
      'not_configured',
      `${file} holds the passwords of this --data and cannot be read: ${reasonOf(cause)}. Restore it, or choose another --data.`,
      { cause },
    )
  }
}

/** For the owner only. Whole or as it was, whenever the process or the disk's room ends. */
const replaceFile = async (file: string, text: string): Promise<void> => {
  const next = `${file}.new`
  await writeFile(next, text, { mode: 0o600 })
  await rename(next, file)
}
