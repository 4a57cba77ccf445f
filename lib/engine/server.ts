import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import fastify, { type FastifyInstance } from 'fastify'
import { destinations, sources } from '../connectors/registry.ts'
import { IngestionError } from '../errors.ts'
import { foreignCaller, isLoopback } from '../loopback.ts'
import { failureAnswer } from './api/failure-answer.ts'
import { operations } from './api/operations.ts'
import type { Connectors } from './connectors.ts'
import { jobRetention } from './jobs/retention.ts'
import { airbyteRetryPolicy, type RetryPolicy } from './jobs/retry-policy.ts'
import { jobRunner } from './jobs/runner.ts'
import { connectionScheduler } from './jobs/scheduler.ts'
import type { EngineLog } from './log.ts'
import type { Services } from './services.ts'
import { openStore } from './store/store.ts'
import type { CheckpointRule } from './sync/pump.ts'

export interface EngineOptions {
  /** Holds all that the engine remembers; made when missing. One engine at a time. */
  dataDir: string
  /** 0 = any free one. */
  port: number
  host?: string
  log: EngineLog
  /** Syncs that may run at the same time. */
  workers?: number
  retryPolicy?: RetryPolicy
  /** How much an incremental sync may write before it commits. */
  checkpoints?: CheckpointRule
  /** What the API offers; sync processes always take theirs from the registry. */
  connectors?: Connectors
}

export interface Engine {
  /** Ends in /api/v1. */
  readonly url: string
  readonly port: number
  /** Stops syncs and the server within two seconds; unfinished jobs go on at the next start. */
  close(): Promise<void>
}

/** What the path of every operation begins with. */
export const basePath = '/api/v1'
const maxBodyBytes = 10 * 1024 * 1024
const defaultWorkers = 4

/** Starts the embedded engine and takes up the jobs that an earlier one left. Throws when port or directory are in use. */
export const startEngine = async (options: EngineOptions): Promise<Engine> => {
  const { dataDir, port, host = '127.0.0.1', log, workers = defaultWorkers } = options
  const store = openStore(dataDir)
  const runner = jobRunner({
    store,
    policy: options.retryPolicy ?? airbyteRetryPolicy,
    workers,
    log,
    compileCacheDir: join(dataDir, 'compile-cache'),
    checkpoints: options.checkpoints,
  })
  const scheduler = connectionScheduler({ store, runner, log })
  const retention = jobRetention({ store, log })
  const closing = new AbortController()
  let origin = ''
  const services: Services = {
    store,
    runner,
    scheduler,
    log,
    connectors: options.connectors ?? { sources, destinations },
    workspaceId: store.settings.getOrSet('workspaceId', randomUUID()),
    closing: closing.signal,
    origin: () => origin,
  }
  const server = serverOf(services, isLoopback(host))
  try {
    origin = await server.listen({ port, host })
  } catch (error) {
    store.close()
    throw listenFailure(error, host, port)
  }
  runner.resume()
  scheduler.wake()
  retention.start()
  log.info('engine ready', { url: `${origin}${basePath}`, dataDir })

  let closed: Promise<void> | undefined
  const close = async () => {
    closing.abort(new Error('the engine is closing'))
    scheduler.close()
    retention.close()
    await Promise.all([server.close(), runner.close()])
    store.close()
  }
  return {
    url: `${origin}${basePath}`,
    port: Number(new URL(origin).port),
    close: () => (closed ??= close()),
  }
}

const serverOf = (services: Services, isLocalOnly: boolean): FastifyInstance => {
  const server = fastify({ bodyLimit: maxBodyBytes, forceCloseConnections: true })
  server.removeAllContentTypeParsers()
  // Some operations declare no body, and clients then send none, or an empty one as JSON.
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(String(body)))
    } catch (error) {
      done(new IngestionError('malformed_json', 'Invalid json. The body is not JSON.', { cause: error }))
    }
  })
  if (isLocalOnly)
    server.addHook('onRequest', async (request, reply) => {
      const reason = foreignCaller(request.headers)
      if (reason !== undefined) return reply.code(403).send({ message: reason })
    })
  for (const [path, operation] of Object.entries(operations))
    server.route({
      method: operation.method,
      url: `${basePath}${path}`,
      handler: async (request, reply) => {
        const answer = await operation.run(request.body, services)
        return answer === undefined ? reply.code(204).send() : reply.send(answer)
      },
    })
  server.setErrorHandler((error, request, reply) => {
    const isTooLarge = error instanceof Error && 'statusCode' in error && error.statusCode === 413
    const { status, body } = failureAnswer(isTooLarge ? tooLarge(error) : error, request.url, services.log)
    return reply.code(status).send(body)
  })
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).type('application/json').send(JSON.stringify('Object not found.')),
  )
  return server
}

const tooLarge = (cause: Error) =>
  new IngestionError(
    'body_too_large',
    `The body is larger than ${maxBodyBytes} bytes: only name the streams, their schemas are known from the discovery.`,
    { cause },
  )

const listenFailure = (error: unknown, host: string, port: number): unknown => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return new IngestionError(
      'conflict',
      `Port ${port} on ${host} is in use: stop the program that uses it or choose another with --port.`,
      { cause: error },
    )
  if (code === 'EACCES')
    return new IngestionError('not_configured', `Port ${port} needs more rights: choose one above 1023 with --port.`, {
      cause: error,
    })
  return error
}
