import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { reserve } from '../../lib/local/port.ts'
import { eventually } from '../support/eventually.ts'
import { projectRoot } from '../support/stack-package.ts'

const children: ChildProcess[] = []
const servers: Server[] = []
const directories: string[] = []

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  for (const server of servers.splice(0)) server.close()
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true })
})

/** Runs a script of lib/local with a temporary directory of its own for temporary files. */
const run = async (script: string, options: readonly string[], environment: NodeJS.ProcessEnv = {}) => {
  const temporary = await mkdtemp(join(tmpdir(), 'start-test-'))
  directories.push(temporary)
  // Postgres, when root starts it, must get through.
  execFileSync('chmod', ['711', temporary])
  const child = spawn(process.execPath, [join(projectRoot, 'lib/local', script), ...options], {
    cwd: projectRoot,
    env: { ...process.env, TMPDIR: temporary, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const stdout: string[] = []
  const stderr: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => stdout.push(line))
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line))
  const firstLine = () =>
    eventually(() => {
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${stderr.join('\n')}`)
      return stdout.find((line) => line !== '')
    })
  return { child, stdout, stderr, temporary, firstLine, exited: once(child, 'exit') }
}

interface Process {
  pid: number
  parent: number
  state: string
  command: string
}

const processes = (): Process[] =>
  execFileSync('ps', ['-eww', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const [, pid, parent, state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
      return pid ? [{ pid: Number(pid), parent: Number(parent), state, command }] : []
    })

const treeOf = (root: number): Process[] => {
  const all = processes()
  const below = (pid: number): Process[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)])
  return below(root)
}

const alive = (wanted: readonly Process[]) => {
  const now = new Map(processes().map((process) => [process.pid, process]))
  return wanted.filter(({ pid, command }) => now.get(pid)?.command === command && !now.get(pid)?.state.startsWith('Z'))
}

const anyPorts = ['--api-port', '0', '--engine-port', '0']

/** The README's curl lines, as printed there. */
const walkThrough = async (): Promise<string> => {
  const readme = await readFile(join(projectRoot, 'README.md'), 'utf8')
  const [block] = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, text]) =>
    text?.startsWith('SOURCE=') ? [text] : [],
  )
  if (!block) throw new Error('README.md has no walk-through that begins with SOURCE=')
  return block
}

describe('npm start', () => {
  it('prints what the walk-through of the README needs; a later run finds everything again, also after a kill', async () => {
    const data = await mkdtemp(join(tmpdir(), 'start-data-'))
    directories.push(data)
    execFileSync('chmod', ['711', data])
    const first = await run('start.ts', [...anyPorts, '--data', data])
    await first.firstLine()
    const variables = await eventually(() => first.stdout.find((text) => text.trim().startsWith('export ')))
    const printed = execFileSync('sh', ['-ec', `${variables}\n${await walkThrough()}`], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
    expect(printed).toContain('"jobId":1')
    expect(printed).toMatch(/"status":"(pending|running|succeeded)"/)

    const second = await run('start.ts', ['--json', ...anyPorts, '--data', data])
    expect(await second.exited).toEqual([1, null])
    expect(second.stderr).toEqual([`${data} is used by process ${first.child.pid}. Stop it, or choose another --data.`])

    // Killed without a chance to stop its Postgres.
    first.child.kill('SIGKILL')
    await first.exited
    // No neighbour may be given them meanwhile.
    await reserve(Number(variable(variables, 'PG_PORT')))
    await reserve(Number(new URL(variable(variables, 'S3_ENDPOINT') ?? '').port))
    const third = await run('start.ts', ['--json', ...anyPorts, '--data', data])
    const addresses = JSON.parse(await third.firstLine()) as Record<string, unknown>
    expect(third.stderr.join('\n')).toMatch(/stopping Postgres \d+, which an earlier run left/)
    expect(addresses).toEqual({
      api: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      engine: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/api\/v1$/),
      postgres: {
        host: '127.0.0.1',
        port: Number(variable(variables, 'PG_PORT')),
        database: 'shop',
        username: 'shop',
        password: variable(variables, 'PG_PASSWORD'),
      },
      s3: {
        endpoint: variable(variables, 'S3_ENDPOINT'),
        bucket: 'datalake',
        accessKeyId: 'local',
        secretAccessKey: variable(variables, 'S3_SECRET'),
      },
    })
    expect((await fetch(`${addresses.api}/health`)).status).toBe(200)
    const { items } = (await (await fetch(`${addresses.api}/datasource`)).json()) as { items: unknown[] }
    expect(items).toHaveLength(1)
    // Where the kill met it, the sync goes on: its source and its destination are found where they were.
    const sync = await eventually(async () => {
      const job = (await (await fetch(`${addresses.api}/sync/1`)).json()) as { status: string }
      return ['pending', 'running', 'incomplete'].includes(job.status) ? undefined : job
    })
    expect(sync).toMatchObject({ status: 'succeeded' })

    const tree = treeOf(third.child.pid ?? 0)
    expect(tree.some(({ command }) => command.includes('serverless'))).toBe(true)
    expect(tree.some(({ command }) => command.includes('postgres'))).toBe(true)
    expect(listening([third.child.pid ?? 0, ...tree.map(({ pid }) => pid)])).toEqual([])
    await gone(third, tree, ['SIGINT', 'SIGTERM'])
    // Only on a machine that is too busy to stop in time the rest is cut off.
    expect(await third.exited).toEqual([third.stderr.some((line) => line.startsWith('Stopping takes')) ? 1 : 0, null])
    expect(third.stdout).toHaveLength(1)
  })

  it.each(['initdb', 'postgres -D', 'serverless.js'])(
    'leaves nothing behind when the signal comes while %s starts',
    async (program) => {
      const started = await run('start.ts', ['--json', ...anyPorts])
      const tree = await eventually(() => {
        const processes = treeOf(started.child.pid ?? 0)
        return processes.some(({ command }) => command.includes(program)) ? processes : undefined
      })
      await gone(started, tree, ['SIGTERM'])
      expect(started.stdout).toEqual([])
      expect(await started.exited).toEqual([
        started.stderr.some((line) => line.startsWith('Stopping takes')) ? 1 : 0,
        null,
      ])
    },
  )

  it('names the port that is in use and the flag that changes it', async () => {
    const server = createServer().listen({ host: '127.0.0.1', port: 0 })
    servers.push(server)
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? String(address.port) : ''
    const refused = async (flag: string) => {
      const { exited, stderr } = await run('start.ts', [...anyPorts, flag, port])
      expect(await exited).toEqual([1, null])
      expect(stderr.filter((line) => !line.startsWith('engine:'))).toEqual([
        `Port ${port} is in use. Choose another with ${flag} PORT (0 = any free one).`,
      ])
    }
    await Promise.all(['--api-port', '--engine-port', '--pg-port', '--s3-port'].map(refused))

    // What is registered in kept data names the port.
    const data = await mkdtemp(join(tmpdir(), 'start-data-'))
    directories.push(data)
    await writeFile(join(data, 'settings.json'), JSON.stringify({ postgresPort: Number(port) }))
    const kept = await run('start.ts', [...anyPorts, '--data', data])
    expect(await kept.exited).toEqual([1, null])
    expect(kept.stderr).toEqual([
      `Port ${port}, which the last run with this --data used, is in use. Free it, since what is registered names it; or choose another with --pg-port PORT.`,
    ])
  })

  it('starts no engine and no samples when another Airbyte is named, also without a home', async () => {
    const options = ['--json', '--api-port', '0', '--airbyte-url', 'http://127.0.0.1:9/api/v1/']
    const { child, firstLine } = await run('start.ts', options, { HOME: '/dev/null/home' })
    const addresses = JSON.parse(await firstLine()) as Record<string, unknown>
    expect(addresses).toMatchObject({ engine: 'http://127.0.0.1:9/api/v1', postgres: null, s3: null })
    expect(treeOf(child.pid ?? 0).some(({ command }) => command.includes('postgres -D'))).toBe(false)
    expect((await fetch(`${String(addresses.api)}/health`)).status).toBe(503)
  })
})

describe('npm run demo -- --json', () => {
  it('ends with 0 and one line that says what was moved', async () => {
    const { stdout, exited, temporary } = await run('demo.ts', ['--json'])
    expect(await exited).toEqual([0, null])
    expect(stdout).toHaveLength(1)
    expect(JSON.parse(stdout[0] ?? '')).toEqual({
      jobId: 1,
      status: 'succeeded',
      outcome: 'SUCCEEDED',
      recordsSynced: 160_000,
      bytesSynced: expect.any(Number),
      seconds: expect.any(Number),
      secondSync: { recordsSynced: 750 },
      objects: expect.arrayContaining([
        { key: expect.stringMatching(/^exports\/.*orders\/.*\.parquet$/), bytes: expect.any(Number), rows: 150_000 },
      ]),
      execution: { status: 'SUCCEEDED', polls: expect.any(Number) },
    })
    expect(await readdir(temporary)).toEqual([])
  })
})

/** What the banner's export line sets it to. */
const variable = (line: string, name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(line)?.[1]

/** Neither a process of the tree is left, nor a temporary file. */
const gone = async (
  { child, exited, temporary }: Awaited<ReturnType<typeof run>>,
  tree: readonly Process[],
  signals: readonly NodeJS.Signals[],
) => {
  for (const signal of signals) child.kill(signal)
  await exited
  // What is killed dies a moment later.
  await eventually(() => alive(tree).length === 0 || undefined)
  expect(await readdir(temporary)).toEqual([])
}

/** Sockets of the processes that listen elsewhere than on 127.0.0.1. Empty where `ss` is missing. */
const listening = (pids: readonly number[]): string[] => {
  const lines = (() => {
    try {
      return execFileSync('ss', ['-ltnpH'], { encoding: 'utf8' }).split('\n')
    } catch {
      return []
    }
  })()
  return lines
    .filter((line) => pids.some((pid) => line.includes(`pid=${pid},`)))
    .filter((line) => !/\s127\.0\.0\.1:\d+\s/.test(line))
}
