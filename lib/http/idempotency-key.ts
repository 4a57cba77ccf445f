import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { Idempotency } from '../aws/idempotency.ts'
import { IngestionError } from '../errors.ts'
import { invalidInput } from './contract.ts'
import { problemResponse } from './problem.ts'

type Response = APIGatewayProxyStructuredResultV2

/** Route, caller and key: what a caller may repeat. Undefined without the header, and for what is not a POST. */
export const idempotencyKeyOf = (event: APIGatewayProxyEventV2): readonly string[] | undefined => {
  // API Gateway has header names in lower case, serverless-offline as they were sent.
  const [, key] = Object.entries(event.headers ?? {}).find(([name]) => name.toLowerCase() === 'idempotency-key') ?? []
  if (key === undefined || event.requestContext.http.method !== 'POST') return undefined
  if (!/^[\x20-\x7e]{1,255}$/.test(key) || key.trim() === '')
    throw invalidInput([{ pointer: '/idempotency-key', message: 'must be 1 to 255 printable ASCII characters' }])
  return [event.routeKey, callerOf(event), key]
}

/** Who asks, by whatever authorizer there is: two callers' keys never meet. */
const callerOf = (event: APIGatewayProxyEventV2): string => {
  const { authorizer } = event.requestContext as { authorizer?: Record<string, unknown> }
  const { iam, jwt, lambda } = (authorizer ?? {}) as Record<string, Record<string, unknown> | undefined>
  const claims = jwt?.claims as Record<string, unknown> | undefined
  const caller = iam?.userArn ?? claims?.sub ?? claims?.client_id ?? lambda?.caller ?? authorizer?.principalId
  return typeof caller === 'string' ? caller : ''
}

/** Answers below 500 are the answer for good; after one of 500 and above the key is free again. */
export const answerOnce = async (
  idempotency: Idempotency | undefined,
  request: { key: readonly string[]; payload: unknown; remainingMs: number; requestId: string },
  answer: () => Promise<Response>,
): Promise<Response> => {
  if (!idempotency)
    throw new IngestionError(
      'not_configured',
      'Idempotency keys cannot be kept here: no table is configured (IDEMPOTENCY_TABLE). Send the request without the header.',
    )
  let refused: { error: unknown } | undefined
  const response = await idempotency.once(request, async () => {
    try {
      return await answer()
    } catch (error) {
      const problem = problemResponse(error, request.requestId)
      if ((problem.statusCode ?? 500) >= 500) throw error
      refused = { error }
      return problem
    }
  })
  // The first time it is told, and logged, as any other.
  if (refused) throw refused.error
  return response
}
