import { join } from 'node:path'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { basePath, type Engine, startEngine } from '../engine/server.ts'
import { IngestionError } from '../errors.ts'
import { startAwsEndpoint } from './aws/aws-endpoint.ts'
import { createEventBus, type EventBus } from './aws/events-endpoint.ts'
import { startIdempotencyTable } from './aws/idempotency-table.ts'
import { lambdaInvoker } from './aws/lambda-invoker.ts'
import { operationMachine } from './aws/operation-machine.ts'
import { createStateMachines, type StateMachines } from './aws/sfn-endpoint.ts'
import { ssmActions } from './aws/ssm-endpoint.ts'
import { waitMachine } from './aws/wait-machine.ts'
import { openDataDirectory, temporaryDirectory } from './data-directory.ts'
import { type AwsEndpoints, startFunctionsHost } from './functions-host.ts'
import { createLifetime, type Lifetime } from './lifetime.ts'
import { engineLog, type Log } from './log.ts'
import { anyPort, freePort, isFree } from './port.ts'
import { type ObjectStore, type ObjectStoreAddress, startObjectStore } from './sample/object-store.ts'
import { stopLeftPostgres } from './sample/postgres-server.ts'
import { type SampleAddress, type SampleDatabase, startSampleDatabase } from './sample/sample-database.ts'

/** Ports: 0 = any free one. */
export interface StackOptions {
  apiPort: number
  enginePort: number
  /** Absent = that of the last run with the same data, else any free one. */
  postgresPort?: number
  s3Port?: number
  /** Kept between runs; absent = a temporary directory, removed at the end. */
  data?: string
  /** Instead of the embedded engine and the samples. `auth` is the JSON of the SSM parameter. */
  airbyte?: AirbyteAddress
  /** Rows of a new sample database. */
  sampleSize?: { customers: number; orders: number }
  /** Rebuild the functions when their sources change. */
  watch: boolean
  log: Log
  /** Gives up the start. */
  signal?: AbortSignal
}

export interface AirbyteAddress {
  url: string
  auth?: string
}

/** Addresses are without a trailing slash. */
export interface Stack {
  readonly api: string
  readonly engine: string
  readonly postgres: SampleAddress | null
  readonly s3: ObjectStoreAddress | null
  readonly events: EventBus
  readonly stateMachines: StateMachines
  /** What stands in for the outside; absent when another Airbyte is used. */
  readonly local: LocalAirbyte | undefined
  /** The processes that were started. */
  readonly pids: readonly number[]
  /** Resolves with what to say when a part has ended, by itself or by `close`. */
  readonly ended: Promise<string>
  /** Stops every part within about two seconds. May be called again. */
  close(): Promise<void>
}

interface LocalAirbyte {
  readonly engine: Engine
  readonly sample: SampleDatabase
  readonly store: ObjectStore
}

/** Starts everything that the functions need on one machine, on 127.0.0.1 only. On a failure, or when aborted, stops again what had started. */
export const startStack = async (options: StackOptions): Promise<Stack> => {
  const lifetime = createLifetime()
  try {
    const stack = await start(options, lifetime)
    options.signal?.throwIfAborted()
    return stack
  } catch (error) {
    await lifetime.close()
    throw error
  }
}

const start = async (options: StackOptions, lifetime: Lifetime): Promise<Stack> => {
  const { log, watch, signal } = options
  const apiPort = await freePort(options.apiPort, '--api-port')
  const starting = options.airbyte ? undefined : await startLocalAirbyte(options, lifetime)
  const airbyte = options.airbyte ?? { url: starting?.url ?? '' }
  const lambdaPort = await anyPort()
  const { endpoints, events, stateMachines } = await startAws(airbyte, lambdaPort, log, lifetime)
  const build = await lifetime.starting('ground', temporaryDirectory('functions'))
  // The functions are bundled and the sample rows made at the same time.
  const functions = await lifetime.starting(
    'users',
    startFunctionsHost({ apiPort, lambdaPort, endpoints, buildDirectory: build.path, watch, log, signal }),
  )
  const local = await starting?.started()
  return {
    api: `http://127.0.0.1:${apiPort}`,
    engine: airbyte.url,
    postgres: local?.sample.address ?? null,
    s3: local?.store.address ?? null,
    events,
    stateMachines,
    local,
    pids: [functions.pid, ...(local ? [local.sample.server.pid] : [])],
    ended: Promise.race([
      functions.exited.then(() => 'serverless offline has ended.'),
      ...(local ? [local.sample.server.exited.then(() => 'The sample Postgres has ended.')] : []),
    ]),
    close: lifetime.close,
  }
}

const startLocalAirbyte = async (options: StackOptions, lifetime: Lifetime) => {
  const { log, signal } = options
  const enginePort = await freePort(options.enginePort, '--engine-port')
  const data = await lifetime.starting('ground', openDataDirectory(options.data))
  const { settings } = data
  const directory = join(data.path, 'postgres')
  await stopLeftPostgres(directory, log)
  const postgresPort = await samplePort(options.postgresPort, settings.postgresPort, '--pg-port')
  const s3Port = await samplePort(options.s3Port, settings.s3Port, '--s3-port')
  await data.remember({ postgresPort, s3Port })
  const sample = lifetime.starting(
    'used',
    startSampleDatabase({
      directory,
      port: postgresPort,
      password: settings.postgresPassword,
      durable: data.kept,
      ...(options.sampleSize ? { size: options.sampleSize } : {}),
      log,
      signal,
    }),
  )
  const store = lifetime.starting(
    'used',
    startObjectStore({
      directory: join(data.path, 's3'),
      port: s3Port,
      bucket: 'datalake',
      secretAccessKey: settings.s3SecretAccessKey,
    }),
  )
  const startEngineAfterThem = async () => {
    // Not earlier: it takes up the jobs of a killed run, whose attempts would meet no server.
    await Promise.all([sample, store])
    signal?.throwIfAborted()
    return startEngine({ dataDir: join(data.path, 'engine'), port: enginePort, log: engineLog(log) })
  }
  const engine = lifetime.starting('users', startEngineAfterThem())
  const started = async (): Promise<LocalAirbyte> => ({
    engine: await engine,
    sample: await sample,
    store: await store,
  })
  return { url: `http://127.0.0.1:${enginePort}${basePath}`, started }
}

/** That of the last run, since sources and destinations were registered with it. */
const samplePort = async (asked: number | undefined, last: number, flag: string): Promise<number> => {
  if (asked !== undefined) return freePort(asked, flag)
  if (last === 0) return anyPort()
  if (await isFree(last)) return last
  throw new IngestionError(
    'conflict',
    `Port ${last}, which the last run with this --data used, is in use. Free it, since what is registered names it; or choose another with ${flag} PORT.`,
  )
}

const startAws = async (airbyte: AirbyteAddress, lambdaPort: number, log: Log, lifetime: Lifetime) => {
  const events = createEventBus({ onTargetError: (error) => log(`events: a target failed: ${String(error)}`) })
  events.subscribe(({ 'detail-type': type, detail }) => log(`events: ${type} ${JSON.stringify(detail).slice(0, 300)}`))
  const bus = await lifetime.starting('used', startAwsEndpoint(events.actions))
  const services = {
    invoke: lambdaInvoker(`http://127.0.0.1:${lambdaPort}`),
    events: new EventBridgeClient({
      endpoint: bus.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
  }
  const stateMachines = createStateMachines([waitMachine(services), operationMachine(services)])
  void lifetime.starting('users', Promise.resolve(stateMachines))
  const [stepFunctions, parameters, table] = await Promise.all([
    lifetime.starting('used', startAwsEndpoint(stateMachines.actions)),
    lifetime.starting('used', startAwsEndpoint(ssmActions(parametersFor(airbyte)))),
    lifetime.starting('used', startIdempotencyTable()),
  ])
  const endpoints: AwsEndpoints = { ssm: parameters.url, sfn: stepFunctions.url, events: bus.url, dynamodb: table.url }
  return { endpoints, events, stateMachines }
}

const parametersFor = ({ url, auth }: AirbyteAddress): Record<string, string> => ({
  '/airbyte-ingestion/local/base-url': url,
  ...(auth === undefined ? {} : { '/airbyte-ingestion/local/auth': auth }),
})
