import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { errorCodes, IngestionError } from '../errors.ts'
import { log, loggable } from '../log.ts'
import { count, isUnreachable } from '../metrics.ts'
import { upstreamAttempts } from '../services.ts'

interface Started {
  atMs: number
  attempts: number
}

/** One line a request: route, status, duration, calls to Airbyte, the job it was about; why, when it failed. Used first, so that it sees the final answer. */
export const requestLog = (): MiddlewareObj<
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Error,
  Context
> => {
  const started = new WeakMap<object, Started>()
  const facts = (
    event: APIGatewayProxyEventV2,
    context: Context,
    response: APIGatewayProxyStructuredResultV2 | null | undefined,
  ) => {
    const start = started.get(context)
    return {
      requestId: context.awsRequestId,
      route: event.routeKey,
      status: response?.statusCode,
      jobId: jobIdOf(event, response),
      durationMs: start ? Math.round(performance.now() - start.atMs) : undefined,
      upstreamCalls: start ? upstreamAttempts() - start.attempts : undefined,
    }
  }
  return {
    before: ({ context }) => {
      started.set(context, { atMs: performance.now(), attempts: upstreamAttempts() })
    },
    after: ({ event, context, response }) => {
      log.info('request', facts(event, context, response))
    },
    onError: async ({ event, context, response, error }) => {
      const line = { ...facts(event, context, response), reason: loggable(error) }
      const isOurs = !(error instanceof IngestionError) || errorCodes[error.code].status >= 500
      if (isOurs) log.error('request', line)
      else log.info('request', line)
      if (isUnreachable(error)) await count('AirbyteUnreachable')
      else if (isOurs) await count('RequestFailed')
    },
  }
}

/** Of a started sync from where it is to be found, of others from the path; only if it is a number, since callers write paths. */
const jobIdOf = (
  { pathParameters }: APIGatewayProxyEventV2,
  response: APIGatewayProxyStructuredResultV2 | null | undefined,
): number | undefined => {
  const started = /^\/sync\/(\d{1,15})$/.exec(String(response?.headers?.location))?.[1]
  const asked = /^\d{1,15}$/.exec(pathParameters?.jobId ?? '')?.[0]
  const text = started ?? asked
  return text === undefined ? undefined : Number(text)
}
