import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { IngestionError } from '../../../lib/errors.ts'
import { jsonBody } from '../../../lib/http/json-body.ts'

const eventOf = (body: string | Buffer, contentType = 'application/json') =>
  ({
    headers: { 'content-type': contentType },
    body: typeof body === 'string' ? body : body.toString('base64'),
    isBase64Encoded: typeof body !== 'string',
  }) as unknown as APIGatewayProxyEventV2

const refused = (body: string | Buffer, contentType?: string): IngestionError => {
  try {
    jsonBody(eventOf(body, contentType), false)
  } catch (error) {
    if (error instanceof IngestionError) return error
    throw error
  }
  throw new Error('the body was taken')
}

const nested = (depth: number) => `${'{"a":['.repeat(depth / 2)}${']}'.repeat(depth / 2)}`

describe('a body', () => {
  it.each([
    ['an object', '{"a":1}', { a: 1 }],
    ['any charset parameter', '{"a":"ü"}', { a: 'ü' }],
    ['brackets in texts, however many', `{"a":"${'['.repeat(200)}\\"${'{'.repeat(200)}"}`, undefined],
    ['a depth of 64', nested(64), undefined],
    ['the largest safe whole number', '{"a":9007199254740991}', { a: Number.MAX_SAFE_INTEGER }],
  ])('may hold %s', (_, body, expected) => {
    const parsed = jsonBody(eventOf(body, 'application/json; charset=utf-8'), false)
    expect(parsed).toEqual(expected ?? JSON.parse(body))
    expect(jsonBody(eventOf(Buffer.from(body)), false)).toEqual(parsed)
  })

  it.each([
    ['more than 5 MiB', `{"a":"${'x'.repeat(5 * 1024 * 1024)}"}`, 'body_too_large', undefined],
    ['a depth of 66', nested(66), 'invalid_input', ''],
    ['a depth of a million', '['.repeat(1_000_000), 'invalid_input', ''],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 'malformed_json', undefined],
    ['a number beyond a double', '{"config":{"a":1e999}}', 'invalid_input', '/config/a'],
    ['a whole number beyond 2^53', '{"config":{"a":[9007199254740993]}}', 'invalid_input', '/config/a/0'],
    ['half a surrogate pair', '{"a~/b":"\\ud800"}', 'invalid_input', '/a~0~1b'],
    ['a NUL', '{"a":"\\u0000"}', 'invalid_input', '/a'],
    ['a text of more than a million characters', `{"a":"${'x'.repeat(1_100_000)}"}`, 'invalid_input', '/a'],
    ['a name of more than a thousand', `{"${'x'.repeat(1_100)}":1}`, 'invalid_input', ''],
    ['a prototype', '{"a":{"__proto__":{"b":1}}}', 'invalid_input', ''],
    ['no JSON', '{"a":', 'malformed_json', undefined],
  ])('may not hold %s', (_, body, code, pointer) => {
    const error = refused(body)
    expect(error.code).toBe(code)
    expect(error.errors[0]?.pointer).toBe(pointer)
    expect(error.message.length).toBeLessThan(300)
  })

  it.each([0, false])('may be %j already, as the local gateway has it', (body) => {
    const event = { headers: { 'content-type': 'application/json' }, body } as unknown as APIGatewayProxyEventV2
    expect(jsonBody(event, false)).toBe(body)
  })

  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/jsonx', ''])('may not be %j', (contentType) =>
    expect(refused('{}', contentType).code).toBe('unsupported_media_type'),
  )
})
