import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { type ErrorCode, errorCodes, IngestionError } from '../errors.ts'

/** Any thrown value → an RFC 9457 answer. Unknown errors say nothing about themselves. */
export const problemResponse = (error: unknown, requestId: string): APIGatewayProxyStructuredResultV2 => {
  const known = error instanceof IngestionError && error.code !== 'internal' ? error : undefined
  const code = known?.code ?? 'internal'
  const { status, title } = errorCodes[code]
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...retryAfter(code, status),
    },
    body: JSON.stringify({
      ...known?.details,
      type: `urn:airbyte-ingestion:problem:${code}`,
      title,
      status,
      detail: known?.message ?? 'Something went wrong on our side; the log has the reason under this requestId.',
      code,
      ...(known && known.errors.length > 0 ? { errors: known.errors } : {}),
      requestId,
    }),
  }
}

/** What is worth asking again, after how many seconds. */
const retryAfter = (code: ErrorCode, status: number): { 'retry-after'?: string } => {
  if (code === 'idempotency_in_progress') return { 'retry-after': '2' }
  return status === 503 ? { 'retry-after': '10' } : {}
}
