import { describe, expect, it } from 'vitest'
import { readableMessage, responseError } from '../../../lib/airbyte/upstream-error.ts'

const target = { path: '/sources/create', address: 'http://airbyte:8000/api/v1' }
const answered = (status: number, text: string, contentType = 'application/json') =>
  responseError(target, { status, contentType, retryAfter: null }, text)

describe('readableMessage', () => {
  it.each([
    ['an error id alone says nothing', { errorId: '1' }, undefined],
    ['a plain sentence stays', { message: 'A sync is already running for: x' }, 'A sync is already running for: x'],
    [
      'the wrong prefix of old generations goes',
      { message: 'Internal Server Error: Could not find configuration for SOURCE_CONNECTION: x.' },
      'Could not find configuration for SOURCE_CONNECTION: x.',
    ],
    [
      'Java class names and frames go',
      {
        message:
          'java.lang.IllegalStateException: Check failed.\n\tat io.airbyte.Some.thing(Some.kt:3)\nCaused by: java.io.IOException: no',
      },
      'Check failed.',
    ],
    [
      'the schema dump of a refused configuration goes',
      { message: 'json schema validation failed. \nErrors: $.port: is missing \nSchema: \n{"a":1}' },
      'json schema validation failed. Errors: $.port: is missing',
    ],
    ['a problem document has a detail', { title: 'bad-cron', detail: 'Invalid cron' }, 'Invalid cron'],
  ])('%s', (_, body, expected) => expect(readableMessage(JSON.stringify(body))).toBe(expected))
})

describe('responseError', () => {
  it.each([
    [404, '{"errorId":"x"}', 'not_found'],
    [409, '{"message":"x"}', 'conflict'],
    [422, '{"message":"x"}', 'invalid_input'],
    [400, '{"errorId":"x"}', 'invalid_input'],
    [401, '', 'airbyte_unauthorized'],
    [403, '', 'airbyte_unauthorized'],
    [429, '', 'airbyte_unreachable'],
    [500, '{"errorId":"x"}', 'airbyte_failed'],
    [502, '<html>bad gateway</html>', 'airbyte_unreachable'],
    [503, '', 'airbyte_unreachable'],
    [200, '<html>Airbyte</html>', 'airbyte_failed'],
    [200, 'pong', 'airbyte_failed'],
    [302, '', 'airbyte_failed'],
  ])('%i %s is %s', (status, text, code) => expect(answered(status, text).code).toBe(code))

  it('a page that asks for a Basic login is told as such', () =>
    expect(answered(401, '<!DOCTYPE html><title>Access Denied</title>', 'text/html').message).toMatch(/Basic login/))

  it('every message about the address names it', () => {
    for (const [status, text] of [
      [200, '<html/>'],
      [302, ''],
      [401, ''],
      [502, '<html/>'],
    ] as const)
      expect(answered(status, text).message).toContain(target.address)
  })
})
