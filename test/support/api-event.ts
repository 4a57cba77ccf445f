import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'

type Handler = (event: never, context: never) => unknown

export interface Answer {
  status: number
  headers: Record<string, string>
  body: Record<string, unknown>
}

/** A request as API Gateway's HTTP API (payload 2.0) hands it to a function, and the function's answer parsed. */
export const call = async (
  handler: Handler,
  routeKey: string,
  request: {
    body?: unknown
    /** As it is, instead of `body`. */
    text?: string | null
    path?: Record<string, string>
    query?: Record<string, string>
    headers?: Record<string, string>
    base64?: boolean
    /** Of the invocation. */
    remainingMs?: number
    authorizer?: Record<string, unknown>
  } = {},
): Promise<Answer> => {
  const [method = '', route = ''] = routeKey.split(' ')
  const rawPath = route.replace(/{(\w+)}/g, (_, name: string) => encodeURIComponent(request.path?.[name] ?? ''))
  const text = request.text === undefined && request.body !== undefined ? JSON.stringify(request.body) : request.text
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: new URLSearchParams(request.query).toString(),
    headers: {
      host: 'abc.execute-api.us-east-1.amazonaws.com',
      'content-type': 'application/json',
      ...request.headers,
    },
    ...(request.query ? { queryStringParameters: request.query } : {}),
    ...(request.path ? { pathParameters: request.path } : {}),
    requestContext: {
      ...(request.authorizer ? { authorizer: request.authorizer } : {}),
      accountId: '000000000000',
      apiId: 'abc',
      domainName: 'abc.execute-api.us-east-1.amazonaws.com',
      domainPrefix: 'abc',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: 'request',
      routeKey,
      stage: '$default',
      time: '01/Jan/2025:00:00:00 +0000',
      timeEpoch: 1_735_689_600_000,
    },
    ...(text === undefined ? {} : { body: text as string }),
    isBase64Encoded: request.base64 ?? false,
  }
  const context = {
    awsRequestId: 'request-1',
    getRemainingTimeInMillis: () => request.remainingMs ?? 29_000,
  } as unknown as Context
  const result = (await handler(event as never, context as never)) as APIGatewayProxyStructuredResultV2
  return {
    status: result.statusCode ?? 0,
    headers: (result.headers ?? {}) as Record<string, string>,
    body: result.body ? (JSON.parse(result.body) as Record<string, unknown>) : {},
  }
}
