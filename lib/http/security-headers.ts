import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'

/** For an answer that no browser should run, frame, or tell others where it came from. */
export const securityHeaders = (): MiddlewareObj<unknown, APIGatewayProxyStructuredResultV2, Error> => {
  const add = ({ response }: { response?: APIGatewayProxyStructuredResultV2 | undefined | null }) => {
    if (response) response.headers = { ...always, 'content-security-policy': "default-src 'none'", ...response.headers }
  }
  return { after: add, onError: add }
}

export const always: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'strict-transport-security': 'max-age=31536000',
}
