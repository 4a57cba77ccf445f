import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { chmod, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
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
  const settings = await readSettings(settingsFile)
  const save = () => writeFile(settingsFile, JSON.stringify(settings), { mode: 0o600 })
  await save()
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
  const removeNow = () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
  process.once('exit', removeNow)
  return {
    path,
    close: async () => {
      await rm(path, { recursive: true, force: true })
      process.off('exit', removeNow)
    },
  }
}

const lockedDirectory = async (directory: string): Promise<{ path: string; close(): Promise<void> }> => {
  const path = resolve(directory)
  await mkdir(path, { recursive: true })
  const lock = join(path, 'running.pid')
  const pid = Number(await readFile(lock, 'utf8').catch(() => ''))
  if (pid > 0 && pid !== process.pid && isAlive(pid))
    throw new IngestionError('conflict', `${path} is used by process ${pid}. Stop it, or choose another --data.`)
  await writeFile(lock, String(process.pid))
  return { path, close: () => rm(lock, { force: true }) }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

const readSettings = async (file: string): Promise<Kept> => {
  const text = await readFile(file, 'utf8').catch(() => '{}')
  const kept = JSON.parse(text) as Partial<Kept>
  return {
    postgresPassword: kept.postgresPassword ?? randomBytes(18).toString('base64url'),
    s3SecretAccessKey: kept.s3SecretAccessKey ?? randomBytes(18).toString('base64url'),
    postgresPort: kept.postgresPort ?? 0,
    s3Port: kept.s3Port ?? 0,
  }
}
