import middy, { type MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { readConfig } from '../config.ts'
import { IngestionError } from '../errors.ts'
import { isUnfinished, startOperation } from '../ingestion/operation/operation.ts'
import type { Services } from '../services.ts'
import { airbyteSettings, type ServicesContext } from './airbyte-settings.ts'
import { type Call, type Contract, type Endpoint, parseRequest } from './contract.ts'
import { answerOnce, idempotencyKeyOf } from './idempotency-key.ts'
import { jsonBody } from './json-body.ts'
import { problemResponse } from './problem.ts'
import { Reply } from './reply.ts'
import { requestLog } from './request-log.ts'
import { securityHeaders } from './security-headers.ts'

/** By HTTP API route key, such as `POST /datasource`. */
export type Routes = Readonly<Record<string, Endpoint>>

export interface ApiContext extends ServicesContext {
  endpoint: Endpoint
  call: Omit<Call<Contract>, 'signal'>
}

type Step = MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Error, ApiContext>

/** The middleware stack of every HTTP function, composed here and nowhere else: a bad request is told so before anything is read or called. */
export const api = (routes: Routes) => {
  const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Error, ApiContext>(answer, {
    timeoutEarlyInMillis: 500,
    timeoutEarlyResponse: outOfTime,
  })
    .use(requestLog() as Step)
    .use(securityHeaders() as Step)
    .use(problems())
    .use(routing(routes))
    .use(parsing())
    .use(airbyteSettings() as Step)
  // What the API says of itself is made of these.
  return Object.assign(handler, { routes })
}

const answer = async (
  event: APIGatewayProxyEventV2,
  context: ApiContext,
  options?: { signal: AbortSignal },
): Promise<APIGatewayProxyStructuredResultV2> => {
  const { call, services } = context
  const key = idempotencyKeyOf(event)
  if (!key) {
    const response = await respond(context, call, options)
    const { dryRun } = (call.query ?? {}) as { dryRun?: boolean }
    if (event.requestContext.http.method === 'GET' || dryRun) refuseTooLarge(response, context.endpoint.contract)
    return response
  }
  const remainingMs = context.getRemainingTimeInMillis?.() ?? readConfig().httpDeadlineMs
  return answerOnce(
    services.idempotency,
    { key, payload: call, remainingMs, requestId: context.awsRequestId ?? '' },
    () => respond(context, { ...call, key }, options),
  )
}

const respond = async (
  { endpoint, services }: ApiContext,
  call: ApiContext['call'],
  options: { signal: AbortSignal } | undefined,
): Promise<APIGatewayProxyStructuredResultV2> => {
  const deadline = AbortSignal.timeout(readConfig().httpDeadlineMs)
  const signal = options ? AbortSignal.any([options.signal, deadline]) : deadline
  const { contract } = endpoint
  const result = await Promise.race([runOrGoOn(endpoint, services, { ...call, signal }), aborted(deadline)])
  const { status, body, location } =
    result instanceof Reply
      ? result
      : {
          status: contract.status,
          body: result,
          location: (contract.location as ((answer: unknown) => string) | undefined)?.(result),
        }
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...(location ? { location } : {}) },
    ...(status === 204 ? {} : { body: JSON.stringify(body) }),
  }
}

/** Lambda takes 6 MB, in which the body is a JSON text of its own; API Gateway would say 500 to more. */
const answerBytes = 6 * 1024 * 1024 - 16 * 1024

const refuseTooLarge = ({ body = '' }: APIGatewayProxyStructuredResultV2, { query }: Contract): void => {
  // No character takes more as UTF-8, or escaped.
  if (body.length * 3 < answerBytes) return
  const bytes = Buffer.byteLength(JSON.stringify(body))
  if (bytes <= answerBytes) return
  const narrower = ['stream', 'limit', 'tail'].filter((name) => name in (query?.shape ?? {}))
  throw new IngestionError(
    'answer_too_large',
    `The answer has ${Math.ceil(bytes / 1024 / 1024)} MiB, and a function may answer 6. Ask for less${narrower.map((name) => `, by ?${name}=`).join('')}.`,
    { errors: narrower.map((name) => ({ pointer: `/${name}`, message: 'leaves too much to answer' })) },
  )
}

/** What a connector did not finish in the request's time goes on in a state machine, where the route allows it. */
const runOrGoOn = async ({ run, later }: Endpoint, services: Services, call: Call<Contract>): Promise<unknown> => {
  try {
    return await run(services, call)
  } catch (error) {
    const operation = isUnfinished(error) ? later?.(call, error) : undefined
    const pending = operation && (await startOperation(services, operation))
    if (!pending) throw error
    return new Reply(202, pending, pending.operation)
  }
}

const problems = (): Step => ({
  onError: (request) => {
    request.response = problemResponse(request.error, request.context.awsRequestId ?? '')
  },
})

const routing = (routes: Routes): Step => ({
  before: ({ event, context }) => {
    const endpoint = routes[event.routeKey]
    if (!endpoint)
      throw new IngestionError(
        'route_not_found',
        `Nothing answers to ${event.requestContext?.http?.method} ${event.rawPath}.`,
      )
    context.endpoint = endpoint
  },
})

const parsing = (): Step => ({
  before: ({ event, context }) => {
    const { contract } = context.endpoint
    context.call = parseRequest(contract, {
      path: event.pathParameters ?? {},
      query: event.queryStringParameters ?? {},
      body: contract.body ? jsonBody(event, contract.bodyOptional === true) : undefined,
    })
  },
})

/** A use case that looks after its own deadline answers before this: by then it has a second to say what it knows. */
const graceMs = 3_000

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      const timer = setTimeout(() => {
        try {
          outOfTime()
        } catch (error) {
          reject(error)
        }
      }, graceMs)
      timer.unref()
    })
  })

const outOfTime = (): never => {
  throw new IngestionError(
    'timed_out',
    'The request took too long. What was started may still happen; look before asking again.',
  )
}
