import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Connection, createConnection } from 'mysql2/promise'
import { anyPort } from '../../lib/local/port.ts'

const run = promisify(execFile)
const startMs = 30_000

export interface MariaDb {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
  /** A connection that may do everything, with multiple statements allowed; the caller ends it. */
  connect(): Promise<Connection>
  stop(): Promise<void>
}

const server = ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd', '/usr/bin/mariadbd'].find((path) => existsSync(path))

/** False, with the reason on stderr, on a machine without the server. */
export const hasMariaDb = (): boolean => {
  if (!server) console.error('skipped: mariadbd is not installed (Debian: apt-get install mariadb-server)')
  return server !== undefined
}

/** A MariaDB server of its own, in a directory that is removed with it, on a free port of 127.0.0.1; `options` are its arguments. */
export const startMariaDb = async (options: readonly string[] = []): Promise<MariaDb> => {
  if (!server) throw new Error('mariadbd is not installed')
  const directory = await mkdtemp(join(tmpdir(), 'mariadb-'))
  const password = randomBytes(12).toString('hex')
  const port = await anyPort()
  const isRoot = process.getuid?.() === 0
  const user = isRoot ? ['--user=mysql'] : []
  const data = join(directory, 'data')
  // The server gives up root's rights before it reads the file.
  const init = join(directory, 'init.sql')
  // Of its own: two servers that start at once would trip over each other's files.
  const temporary = join(directory, 'tmp')
  await mkdir(temporary)
  await chmod(temporary, 0o777)
  await writeFile(
    init,
    `CREATE USER 'tester'@'127.0.0.1' IDENTIFIED BY '${password}';\nGRANT ALL ON *.* TO 'tester'@'127.0.0.1' WITH GRANT OPTION;\nCREATE DATABASE shop CHARACTER SET utf8mb4;\n`,
    { mode: 0o644 },
  )
  await chmod(directory, 0o755)
  await run('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${data}`,
    `--tmpdir=${temporary}`,
    '--skip-test-db',
    '--auth-root-authentication-method=normal',
    ...user,
  ])
  const child = spawn(
    server,
    [
      ...['--no-defaults', `--datadir=${data}`, `--port=${port}`, '--bind-address=127.0.0.1', '--skip-name-resolve'],
      ...[
        `--tmpdir=${temporary}`,
        `--socket=${join(data, 's')}`,
        `--init-file=${init}`,
        '--innodb-flush-log-at-trx-commit=0',
        ...user,
        ...options,
      ],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4_000)
  })
  const facts = { host: '127.0.0.1', port, database: 'shop', username: 'tester', password }
  const connect = () =>
    createConnection({
      ...{ host: facts.host, port, user: facts.username, password, database: facts.database },
      ...{ multipleStatements: true, charset: 'utf8mb4', dateStrings: true },
    })
  const stop = async () => {
    await ended(child)
    await rm(directory, { recursive: true, force: true })
  }
  const deadline = Date.now() + startMs
  while (true) {
    try {
      await (await connect()).end()
      return { ...facts, connect, stop }
    } catch (error) {
      if (child.exitCode === null && Date.now() < deadline) {
        await delay(50)
        continue
      }
      await stop()
      throw new Error(`mariadbd did not start: ${log}`, { cause: error })
    }
  }
}

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const { promise, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await promise
  clearTimeout(timer)
}
