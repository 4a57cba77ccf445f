import httpJsonBodyParser from '@middy/http-json-body-parser'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { IngestionError } from '../errors.ts'
import { isTooDeep, maxBodyBytes, unfaithful } from './body-limits.ts'
import { invalidInput } from './contract.ts'

const parser = httpJsonBodyParser<APIGatewayProxyEventV2>()

/**
 * The parsed body, undefined when there is none. AWS leaves an empty body out, the local gateway says null; both, and an
 * empty text, are none. Throws 415, 400 and, for a key that would reach a prototype, 422.
 */
export const jsonBody = (event: APIGatewayProxyEventV2, isOptional: boolean): unknown => {
  if (event.body === undefined || event.body === null || event.body === '') {
    if (isOptional) return undefined
    throw new IngestionError('malformed_json', 'The body is empty; expected a JSON object.')
  }
  const text = textOf(event.body, event.isBase64Encoded)
  if (isTooDeep(text))
    throw new IngestionError('invalid_input', 'The body nests deeper than any configuration does.', {
      errors: [{ pointer: '', message: 'nests too deep' }],
    })
  const request = { event: { ...event, body: text, isBase64Encoded: false } }
  try {
    parser.before?.(request as unknown as Parameters<NonNullable<typeof parser.before>>[0])
  } catch (error) {
    throw bodyError(error)
  }
  const body: unknown = request.event.body
  const faults = unfaithful(body)
  if (faults.length > 0) throw invalidInput(faults)
  return body
}

const textOf = (body: unknown, isBase64: boolean): string => {
  // The local gateway hands over `0` and `false` parsed.
  if (typeof body !== 'string') return JSON.stringify(body)
  const bytes = isBase64 ? Math.ceil((body.length * 3) / 4) : Buffer.byteLength(body)
  if (bytes > maxBodyBytes)
    throw new IngestionError('body_too_large', `The body has more than ${maxBodyBytes / 1024 / 1024} MiB.`)
  if (!isBase64) return body
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'base64'))
  } catch {
    throw new IngestionError('malformed_json', 'The body is not UTF-8 text.')
  }
}

/** The parser's errors quote the body in their cause, so they are replaced, not wrapped. */
const bodyError = (error: unknown): IngestionError => {
  const { statusCode, cause } = error as { statusCode?: number; cause?: { message?: string } }
  if (statusCode === 415)
    return new IngestionError('unsupported_media_type', 'Send the body with content-type: application/json.')
  if (statusCode === 422 && cause?.message !== undefined) {
    const position = /position \d+(?: \(line \d+ column \d+\))?/.exec(cause.message)?.[0]
    return new IngestionError('malformed_json', `The body is not valid JSON${position ? ` at ${position}` : ''}.`)
  }
  const message = 'holds a forbidden key: __proto__ or constructor.prototype'
  return new IngestionError('invalid_input', `The body ${message}.`, { errors: [{ pointer: '', message }] })
}
