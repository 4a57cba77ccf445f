import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import packageJson from '../../../package.json' with { type: 'json' }
import { projectRoot } from '../../support/stack-package.ts'
import { type Usage, watchUsage } from './usage.ts'

/** One finished job as its client saw it. */
export interface JobFigures extends Usage {
  /** From `connections/sync` to `succeeded`. */
  readonly seconds: number
  readonly rows: number
  readonly bytes: number
}

export interface StreamChoice {
  readonly name: string
  readonly namespace: string
  readonly config?: Readonly<Record<string, unknown>>
}

// biome-ignore lint/suspicious/noExplicitAny: answers are read member by member
type Json = any

/** The engine as `npm run engine` starts it; its shell becomes the engine's process. */
export const startEngineProcess = async (dataDir: string) => {
  const script = `${packageJson.scripts.engine} --port 0 --data "$0" --json`
  const startedAt = performance.now()
  const child = spawn('sh', ['-c', script, dataDir], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
  })
  const base: string = await firstLine(child).then((line) => JSON.parse(line).engine)
  const readySeconds = (performance.now() - startedAt) / 1000
  const call = async (path: string, body: object = {}): Promise<Json> => {
    const response = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  const workspaceId: string = (await call('/workspaces/list')).workspaces[0].workspaceId
  return {
    readySeconds,

    async actor(
      kind: 'source' | 'destination',
      definitionId: string,
      connectionConfiguration: object,
    ): Promise<string> {
      const definition = kind === 'source' ? 'sourceDefinitionId' : 'destinationDefinitionId'
      const body = { workspaceId, name: kind, [definition]: definitionId, connectionConfiguration }
      return (await call(`/${kind}s/create`, body))[`${kind}Id`]
    },

    async connection(
      sourceId: string,
      destinationId: string,
      streams: readonly StreamChoice[],
      namespaceDefinition: 'source' | 'destination' = 'source',
    ): Promise<string> {
      const entries = streams.map(({ name, namespace, config = {} }) => ({
        stream: {
          name,
          namespace,
          jsonSchema: { type: 'object' },
          supportedSyncModes: ['full_refresh', 'incremental'],
        },
        config: { syncMode: 'full_refresh', destinationSyncMode: 'overwrite', selected: true, ...config },
      }))
      const body = { sourceId, destinationId, status: 'active', namespaceDefinition, syncCatalog: { streams: entries } }
      return (await call('/connections/create', body)).connectionId
    },

    async sync(connectionId: string): Promise<JobFigures> {
      const usage = watchUsage(child.pid ?? 0)
      const begin = performance.now()
      const { job } = await call('/connections/sync', { connectionId })
      for (;;) {
        // Asking costs the machine that does the work: a hundredth of what has passed is near enough.
        await delay(Math.max(10, (performance.now() - begin) / 100))
        const read = await call('/jobs/get', { id: job.id })
        const { status } = read.job
        if (status === 'running' || status === 'pending') continue
        const seconds = (performance.now() - begin) / 1000
        if (status !== 'succeeded') {
          usage.stop()
          throw new Error(
            `the job ended as ${status}: ${JSON.stringify(read.attempts.at(-1)?.attempt?.failureSummary)}`,
          )
        }
        const stats = read.attempts.at(-1).attempt.totalStats
        return { seconds, rows: stats.recordsCommitted, bytes: stats.bytesEmitted, ...usage.stop() }
      }
    },

    /** Until the process that waits for the next sync has loaded what it needs. */
    async settle(): Promise<void> {
      await delay(1_500)
    },

    async stop(): Promise<void> {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

export type EngineProcess = Awaited<ReturnType<typeof startEngineProcess>>

/** Rejects when the process ends before it says a word. */
export const firstLine = async (child: ChildProcess): Promise<string> => {
  if (!child.stdout) throw new Error('no output to read')
  const line = once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text))
  const early = once(child, 'exit').then(() => Promise.reject(new Error('the process ended before it was ready')))
  early.catch(() => undefined)
  return await Promise.race([line, early])
}
