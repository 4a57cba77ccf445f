import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { errorCodes, IngestionError } from '../errors.ts'
import { log, loggable } from '../log.ts'
import { upstreamAttempts } from '../services.ts'

interface Started {
  atMs: number
  attempts: number
}

/** One line a request: route, status, duration, calls to Airbyte; why, when it failed. Used first, so that it sees the final answer. */
export const requestLog = (): MiddlewareObj<
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Error,
  Context
> => {
  const started = new WeakMap<object, Started>()
  const facts = (event: APIGatewayProxyEventV2, context: Context, status: number | undefined) => {
    const start = started.get(context)
    return {
      requestId: context.awsRequestId,
      route: event.routeKey,
      status,
      durationMs: start ? Math.round(performance.now() - start.atMs) : undefined,
      upstreamCalls: start ? upstreamAttempts() - start.attempts : undefined,
    }
  }
  return {
    before: ({ context }) => {
      started.set(context, { atMs: performance.now(), attempts: upstreamAttempts() })
    },
    after: ({ event, context, response }) => {
      log.info('request', facts(event, context, response?.statusCode))
    },
    onError: ({ event, context, response, error }) => {
      const line = { ...facts(event, context, response?.statusCode), reason: loggable(error) }
      const isOurs = !(error instanceof IngestionError) || errorCodes[error.code].status >= 500
      if (isOurs) log.error('request', line)
      else log.info('request', line)
    },
  }
}
