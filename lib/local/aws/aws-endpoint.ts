import { once } from 'node:events'
import fastify from 'fastify'
import { foreignCaller } from '../../loopback.ts'

/** An error in the shape that the AWS JSON protocols have; the SDK makes an exception of `fault`. */
export interface AwsFault {
  fault: string
  message: string
}

/** One API operation: parsed input to output, or to a fault. */
export type AwsAction = (input: Readonly<Record<string, unknown>>) => Promise<object | AwsFault> | object | AwsFault

/** Operations by `X-Amz-Target`, such as `AmazonSSM.GetParameter`. */
export type AwsActions = Readonly<Record<string, AwsAction>>

export interface AwsEndpoint {
  /** Without a trailing slash; every service's `AWS_ENDPOINT_URL_…`. */
  readonly url: string
  close(): Promise<void>
}

/** AWS JSON 1.0 and 1.1 over HTTP for the given operations, on 127.0.0.1 and a free port. Signatures are not checked. */
export const startAwsEndpoint = async (actions: AwsActions): Promise<AwsEndpoint> => {
  const app = fastify({ bodyLimit: 2 * 1024 * 1024, forceCloseConnections: true })
  app.addHook('onRequest', async (request, reply) => {
    const reason = foreignCaller(request.headers)
    if (reason !== undefined) return reply.code(403).send({ message: reason })
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(/^application\/x-amz-json-1\.[01]$/, { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  )
  app.post('/', async (request, reply) => {
    const answer = await run(actions, request.headers['x-amz-target'], request.body)
    reply.header('content-type', request.headers['content-type'] ?? 'application/x-amz-json-1.0')
    if (!isFault(answer)) return reply.send(JSON.stringify(answer))
    return reply
      .code(answer.fault === 'InternalFailure' ? 500 : 400)
      .header('x-amzn-errortype', answer.fault)
      .send(JSON.stringify({ __type: answer.fault, message: answer.message }))
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('the AWS endpoint listens on no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      const closed = app.server.listening ? once(app.server, 'close') : undefined
      await app.close()
      await closed
    },
  }
}

const run = async (actions: AwsActions, target: unknown, body: unknown): Promise<object | AwsFault> => {
  const action = typeof target === 'string' && Object.hasOwn(actions, target) ? actions[target] : undefined
  if (!action) return { fault: 'UnknownOperationException', message: `The local stack has no ${String(target)}.` }
  let input: unknown
  try {
    input = JSON.parse(typeof body === 'string' && body !== '' ? body : '{}')
  } catch {
    return { fault: 'SerializationException', message: 'The body is not JSON.' }
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { fault: 'SerializationException', message: 'The body is not a JSON object.' }
  try {
    return await action(input as Record<string, unknown>)
  } catch (error) {
    return { fault: 'InternalFailure', message: error instanceof Error ? error.message : String(error) }
  }
}

const isFault = (answer: object): answer is AwsFault => 'fault' in answer
