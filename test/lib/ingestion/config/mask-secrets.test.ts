import { describe, expect, it } from 'vitest'
import { maskSecrets } from '../../../../lib/ingestion/config/mask-secrets.ts'

const specification = {
  properties: {
    host: { type: 'string' },
    password: { type: 'string', airbyte_secret: true },
    token_count: { type: 'integer' },
    key_file: { type: 'object', airbyte_secret: true },
    tunnel: {
      oneOf: [
        { properties: { method: { const: 'none' } } },
        { properties: { method: { const: 'ssh' }, ssh_key: { type: 'string', airbyte_secret: true } } },
      ],
    },
    accounts: { type: 'array', items: { properties: { id: {}, pin: { airbyte_secret: true } } } },
    headers: { properties: { accept: {} }, additionalProperties: { airbyte_secret: true } },
  },
}

describe('maskSecrets', () => {
  it.each([
    ['a secret', { host: 'h', password: 'canary' }, { host: 'h', password: '**********' }],
    ['a secret object, whole', { key_file: { a: 'canary' } }, { key_file: '**********' }],
    [
      'a secret of a branch, whatever branch is meant',
      { tunnel: { method: 'other', ssh_key: 'canary' } },
      { tunnel: { method: 'other', ssh_key: '**********' } },
    ],
    ['secrets in lists', { accounts: [{ id: 1, pin: 'canary' }] }, { accounts: [{ id: 1, pin: '**********' }] }],
    [
      'whatever a map of secrets holds',
      { headers: { accept: 'text/csv', cookie: 'canary' } },
      { headers: { accept: 'text/csv', cookie: '**********' } },
    ],
    [
      'an undescribed field by its name',
      { api_key: 'canary', apiToken: 'canary' },
      { api_key: '**********', apiToken: '**********' },
    ],
    ['not a described field that only sounds so', { token_count: 3 }, { token_count: 3 }],
    [
      'an undescribed object',
      { extra: { client_secret: 'canary', size: 1 } },
      { extra: { client_secret: '**********', size: 1 } },
    ],
    ['nothing that is null', { password: null }, { password: null }],
  ])('masks %s', (_, config, expected) => expect(maskSecrets(specification, config)).toEqual(expected))
})
