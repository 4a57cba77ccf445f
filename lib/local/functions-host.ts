import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { IngestionError } from '../errors.ts'
import { bundleCache } from './bundle-cache.ts'
import { endWithThisProcess, killGroup } from './children.ts'
import type { Log } from './log.ts'

export interface AwsEndpoints {
  ssm: string
  sfn: string
  events: string
  dynamodb: string
}

interface FunctionsHostOptions {
  apiPort: number
  /** Of the Lambda API, through which the state machine invokes. */
  lambdaPort: number
  endpoints: AwsEndpoints
  /** Where the bundles go; absolute. */
  buildDirectory: string
  /** Rebuild when a source file changes. */
  watch: boolean
  /** Stage parameters of serverless.yml, by name. */
  params?: Readonly<Record<string, string>>
  log: Log
  /** Gives up the start. */
  signal?: AbortSignal | undefined
}

export interface FunctionsHost {
  readonly pid: number
  /** Settles when it is gone, whoever ended it. */
  readonly exited: Promise<void>
  close(): Promise<void>
}

/** On a machine that is busy with other things; an idle one needs 3 s. */
const readyWithinMs = 120_000
const reportWithinMs = 300

/** serverless-esbuild's own, in `buildDirectory`. */
const buildFolder = '.build'

const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

/** Runs the functions of serverless.yml, stage `local`, bundled as for a deployment, behind HTTP on 127.0.0.1. Resolves when it answers. */
export const startFunctionsHost = async (options: FunctionsHostOptions): Promise<FunctionsHost> => {
  const bundles = join(options.buildDirectory, buildFolder)
  const cache = await bundleCache(projectRoot)
  const isBuilt = await cache.restore(bundles)
  const env = { ...environment(options.endpoints), ...(await frameworkCache(options.buildDirectory)) }
  // From here to `ready`, which listens to it, nothing is waited for.
  options.signal?.throwIfAborted()
  const child = endWithThisProcess(
    spawn(
      process.execPath,
      [
        ...['--import', new URL('exit-with-parent.ts', import.meta.url).href],
        ...['--import', new URL('refuse-foreign.ts', import.meta.url).href],
        fileURLToPath(import.meta.resolve('serverless/bin/serverless.js')),
        ...['offline', '--stage', 'local', '--localEnvironment'],
        ...['--httpPort', String(options.apiPort), '--lambdaPort', String(options.lambdaPort)],
        `--param=buildFolder=${relative(projectRoot, options.buildDirectory)}`,
        `--param=isBuilt=${isBuilt}`,
        ...(options.watch ? [] : ['--param=watch=.nothing']),
        ...Object.entries(options.params ?? {}).map(([name, value]) => `--param=${name}=${value}`),
      ],
      {
        cwd: projectRoot,
        env,
        stdio: ['pipe', 'pipe', 'pipe'],
        // A process group of its own, so that Ctrl-C reaches it through `close` and in order.
        detached: true,
      },
    ),
  )
  const exited = once(child, 'exit').then(() => undefined)
  try {
    await ready(child, options.log, options.signal)
  } catch (error) {
    // What it works with can be removed when it is gone.
    await exited.catch(() => undefined)
    throw error
  }
  if (!isBuilt) await cache.keep(bundles)
  return { pid: child.pid ?? 0, exited, close: () => stop(child, exited) }
}

/** Nothing of the user's environment but what a process needs to run: no AIRBYTE_*, no AWS profile, no proxy. */
const environment = ({ ssm, sfn, events, dynamodb }: AwsEndpoints): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  TMPDIR: process.env.TMPDIR,
  SYSTEMROOT: process.env.SYSTEMROOT,
  TZ: 'UTC',
  NO_COLOR: '1',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ENDPOINT_URL_SSM: ssm,
  AWS_ENDPOINT_URL_SFN: sfn,
  AWS_ENDPOINT_URL_EVENTBRIDGE: events,
  AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
})

/** The framework keeps what it compiles in the home, which not every user has or may write. */
const frameworkCache = async (instead: string): Promise<NodeJS.ProcessEnv> => {
  try {
    await access(homedir(), constants.W_OK)
    return {}
  } catch {
    return { SLS_SCHEMA_CACHE_BASE_DIR: instead }
  }
}

const ready = (child: ChildProcess, log: Log, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const last: string[] = []
    let isReady = false
    const fail = (what: string) => {
      clearTimeout(timer)
      killGroup(child)
      reject(new IngestionError('not_configured', `serverless offline ${what}:\n${last.join('\n')}`))
    }
    let timer = setTimeout(() => fail(`was not ready within ${readyWithinMs} ms`), readyWithinMs)
    const onExit = (code: number | null) => fail(`ended with ${code ?? 'a signal'}`)
    const onAbort = () => fail('was stopped')
    signal?.addEventListener('abort', onAbort, { once: true })
    const read = (line: string) => {
      if (line.includes('Server ready:')) {
        isReady = true
        clearTimeout(timer)
        child.off('exit', onExit)
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      // The head of an error report, after which it hangs when a bundle could not be built.
      if (line.startsWith('Environment:') && !isReady) {
        clearTimeout(timer)
        timer = setTimeout(() => fail('failed'), reportWithinMs)
      }
      if (isNoise(line)) return
      log(`functions: ${line}`)
      last.push(line)
      if (last.length > 20) last.shift()
    }
    for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', read)
    child.on('error', reject)
    child.once('exit', onExit)
  })

/** serverless-offline's table of routes and its empty lines. */
const isNoise = (line: string) =>
  /^[\s│┌┐└┘─]*$/.test(line) ||
  /^(│| {3}\* |Function names exposed|Offline \[http|Starting Offline|Server ready)/.test(line)

const stop = async (child: ChildProcess, exited: Promise<void>): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  // See exit-with-parent.ts; serverless-offline's own way waits up to 5 s for open connections.
  child.stdin?.end()
  const timer = setTimeout(() => killGroup(child), 1000)
  await exited
  clearTimeout(timer)
}
