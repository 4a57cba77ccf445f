import { createHash } from 'node:crypto'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { IngestionError } from '../errors.ts'
import { problemResponse } from './problem.ts'
import { always } from './security-headers.ts'

export interface Page {
  contentType: string
  body: string
}

/** What is the same for everybody and needs no Airbyte, by route key; read once, when first asked for. */
export const pages = (routes: Readonly<Record<string, () => Promise<Page>>>) => {
  const kept = new Map<string, Promise<APIGatewayProxyStructuredResultV2>>()
  return async (event: APIGatewayProxyEventV2, context: { awsRequestId?: string }) => {
    const read = Object.hasOwn(routes, event.routeKey) ? routes[event.routeKey] : undefined
    if (!read)
      return problemResponse(
        new IngestionError('route_not_found', `Nothing answers to ${event.routeKey}.`),
        context.awsRequestId ?? '',
      )
    const answer = kept.get(event.routeKey) ?? read().then(respond)
    kept.set(event.routeKey, answer)
    return answer
  }
}

const respond = ({ contentType, body }: Page): APIGatewayProxyStructuredResultV2 => ({
  statusCode: 200,
  headers: {
    ...always,
    'content-type': contentType,
    'cache-control': 'public, max-age=300',
    'content-security-policy': policyOf(body),
  },
  body,
})

/** Lets a page run its own inline script and style, by their hashes, and call where it came from; nothing else. */
const policyOf = (body: string): string => {
  const inline = (tag: string) =>
    [...body.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))]
      .map(([, text = '']) => ` 'sha256-${createHash('sha256').update(text).digest('base64')}'`)
      .join('')
  const sources = (tag: string) => inline(tag) || " 'none'"
  return `default-src 'none'; script-src${sources('script')}; style-src${sources('style')}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}
