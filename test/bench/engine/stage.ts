import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import pg from 'pg'
import { type RunningPostgres, startPostgres } from '../../support/postgres.ts'
import { type EngineProcess, firstLine, startEngineProcess } from './engine-process.ts'
import { type Usage, watchUsage } from './usage.ts'

const ids = {
  postgres: 'decd338e-5647-4c0b-adf4-da0e75f5a750',
  mysql: '435bb9a5-7887-4809-aa58-28c27df0d7ad',
  s3: '4816b78f-1489-44c1-9060-4b19d5fa9362',
  toPostgres: '25c5221d-dce2-4163-ade9-739ef790f503',
} as const

/** What every part of the benchmark plays on: database, object store and engine, each a process of its own. */
export interface Stage {
  readonly folder: string
  readonly postgres: RunningPostgres
  readonly engine: EngineProcess
  sql(text: string): Promise<readonly Record<string, unknown>[]>
  /** Ids of a new source or destination. */
  postgresSource(): Promise<string>
  mysqlSource(server: object): Promise<string>
  postgresDestination(config?: object): Promise<string>
  s3Destination(path: string, format?: object): Promise<string>
  /** The objects below a path as files, for readers of files. */
  objectsOf(path: string): Promise<readonly string[]>
  /** Runs a shell command with the database's address in the environment, as psql reads it. */
  shell(command: string, env?: Readonly<Record<string, string>>): Promise<Usage & { seconds: number }>
  stop(): Promise<void>
}

export const startStage = async (): Promise<Stage> => {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'bench-engine-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const postgres = await startPostgres()
  stack.defer(() => postgres.stop())
  const { host, port, database, username, password } = postgres
  const client = new pg.Client({ host, port, database, user: username, password })
  await client.connect()
  stack.defer(() => client.end())
  const store = spawn(process.execPath, [fileURLToPath(new URL('store-process.ts', import.meta.url)), folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  stack.defer(() => ended(store))
  const endpoint = `http://127.0.0.1:${await firstLine(store)}`
  const s3 = new S3Client({
    ...{ endpoint, region: 'us-east-1', forcePathStyle: true },
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench-secret' },
  })
  stack.defer(() => s3.destroy())
  const engine = await startEngineProcess(join(folder, 'engine'))
  stack.defer(() => engine.stop())
  const kept = stack.move()

  return {
    folder,
    postgres,
    engine,
    sql: async (text) => (await client.query(text)).rows ?? [],
    postgresSource: () => engine.actor('source', ids.postgres, { host, port, database, username, password }),
    mysqlSource: (server) => engine.actor('source', ids.mysql, server),
    postgresDestination: (config = {}) =>
      engine.actor('destination', ids.toPostgres, { host, port, database, username, password, ...config }),
    s3Destination: (path, format = {}) =>
      engine.actor('destination', ids.s3, {
        ...{ s3_bucket_name: 'bench', s3_bucket_path: path, s3_bucket_region: 'us-east-1', s3_endpoint: endpoint },
        ...{ access_key_id: 'bench', secret_access_key: 'bench-secret' },
        format: { format_type: 'Parquet', compression_codec: 'SNAPPY', metadata_columns: false, ...format },
      }),
    async objectsOf(path) {
      const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'bench', Prefix: `${path}/` }))
      const files = (Contents ?? []).map(async ({ Owner }, index) => {
        const parts = (Owner?.DisplayName ?? '').split(' ')
        if (parts.length === 1) return parts[0] ?? ''
        const file = join(folder, `whole-${path}-${index}`)
        await writeFile(file, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))))
        return file
      })
      return await Promise.all(files)
    },
    async shell(command, env = {}) {
      const begin = performance.now()
      const child = spawn('sh', ['-c', command], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: {
          PATH: process.env.PATH,
          PGHOST: host,
          PGPORT: String(port),
          PGDATABASE: database,
          PGUSER: username,
          PGPASSWORD: password,
          ...env,
        },
      })
      const usage = watchUsage(child.pid ?? 0)
      const [code] = await once(child, 'exit')
      const used = usage.stop()
      if (code !== 0) throw new Error(`exit ${code}: ${command}`)
      return { seconds: (performance.now() - begin) / 1000, ...used }
    },
    stop: () => kept.disposeAsync(),
  }
}

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return
  const exit = once(child, 'exit')
  child.stdin?.end()
  await exit
}
