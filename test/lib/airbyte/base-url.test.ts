import { describe, expect, it } from 'vitest'
import { apiRoot } from '../../../lib/airbyte/base-url.ts'

describe('apiRoot', () => {
  it.each([
    ['http://a:8000', 'http://a:8000/api/v1'],
    ['http://a:8000/', 'http://a:8000/api/v1'],
    ['http://a:8000/api', 'http://a:8000/api/v1'],
    ['http://a:8000/api/v1', 'http://a:8000/api/v1'],
    [' http://a:8000/api/v1/ ', 'http://a:8000/api/v1'],
    ['https://a/airbyte', 'https://a/airbyte/api/v1'],
    ['https://a/airbyte/api/v1//', 'https://a/airbyte/api/v1'],
  ])('%s is %s', (configured, expected) => expect(apiRoot(configured, 'X')).toBe(expected))

  it.each(['airbyte:8000', 'ftp://a', 'nonsense', 'http://'])('%s is refused and the setting named', (configured) =>
    expect(() => apiRoot(configured, 'AIRBYTE_BASE_URL')).toThrow(/^AIRBYTE_BASE_URL is not/),
  )

  it('credentials in the address are refused without being shown', () => {
    expect(() => apiRoot('http://user:canary@a', 'X')).toThrow(/must not hold credentials/)
    expect(() => apiRoot('http://user:canary@a', 'X')).not.toThrow(/canary/)
  })
})
