import { execFile } from 'node:child_process'
import { chown, cp, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { IngestionError } from '../../errors.ts'

/** Who runs Postgres: nothing to set for an ordinary user. Postgres refuses to run as root. */
export type PostgresUser = { uid: number; gid: number } | Record<string, never>

export const postgresUser = async (): Promise<PostgresUser> => {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)])
      return { uid, gid }
    } catch {
      // The next name.
    }
  }
  throw new IngestionError(
    'not_configured',
    'Postgres does not run as root, and this machine has neither a user postgres nor a user nobody. Run as an ordinary user.',
  )
}

const idOf = async (option: '-u' | '-g', name: string) =>
  Number((await promisify(execFile)('id', [option, name])).stdout.trim())

/** Gives a new data directory to that user, and says so when a folder above would keep the user out. */
export const handOver = async (directory: string, user: PostgresUser): Promise<void> => {
  if (user.uid === undefined) return
  const closed = await closedFolder(dirname(directory))
  if (closed)
    throw new IngestionError(
      'not_configured',
      `Started by root, Postgres runs as another user, who cannot enter ${closed}. Choose another --data, or: chmod o+x ${closed}`,
    )
  await chown(directory, user.uid, user.gid)
}

/** The folder with Postgres's own `bin` and `lib`, copied to `copyTo` when its user could not reach it (a checkout below /root). */
export const reachableInstallation = async (native: string, user: PostgresUser, copyTo: string): Promise<string> => {
  if (user.uid === undefined || !(await closedFolder(native))) return native
  const copy = join(copyTo, 'postgres-installation')
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

/** The topmost folder on the way that only its owner may pass through. */
const closedFolder = async (path: string): Promise<string | undefined> => {
  const parent = dirname(path)
  const above = parent === path ? undefined : await closedFolder(parent)
  if (above) return above
  return ((await stat(path)).mode & 0o001) === 0 ? path : undefined
}
