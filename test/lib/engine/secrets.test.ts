import { describe, expect, it } from 'vitest'
import { keepSecrets, maskSecrets, redactor, secretsOf } from '../../../lib/engine/secrets.ts'

const specification = {
  properties: {
    user: { type: 'string' },
    password: { type: 'string', airbyte_secret: true },
    tunnel: {
      oneOf: [
        { properties: { method: { const: 'password' }, tunnel_password: { airbyte_secret: true } } },
        { properties: { method: { const: 'key' }, key: { airbyte_secret: true } } },
      ],
    },
    keys: { type: 'array', items: { properties: { value: { airbyte_secret: true } } } },
    headers: { properties: { accept: {} }, additionalProperties: { airbyte_secret: true } },
  },
}
const configuration = {
  user: 'ada',
  password: 'hunter2-long',
  tunnel: { method: 'key', key: 'PEM' },
  keys: [{ value: 'k-one' }, { value: 'k-two' }],
  headers: { accept: 'text/csv', cookie: 'c-one' },
}
const masked = {
  user: 'ada',
  password: '**********',
  tunnel: { method: 'key', key: '**********' },
  keys: [{ value: '**********' }, { value: '**********' }],
  headers: { accept: 'text/csv', cookie: '**********' },
}

describe('secrets', () => {
  it('are masked wherever the specification marks them', () => {
    expect(maskSecrets(configuration, specification)).toEqual(masked)
  })

  it('sent back masked keep what is stored', () => {
    expect(keepSecrets({ ...masked, user: 'eve' }, configuration, specification)).toEqual({
      ...configuration,
      user: 'eve',
    })
  })

  it('sent anew replace what is stored', () => {
    expect(keepSecrets({ password: 'new-one' }, configuration, specification)).toEqual({ password: 'new-one' })
  })

  it('masked where nothing is stored stay as they are', () => {
    expect(keepSecrets({ password: '**********' }, {}, specification)).toEqual({ password: '**********' })
  })

  it('are struck out of a text, the longest first, short ones left alone', () => {
    expect(secretsOf(configuration, specification)).toEqual(['hunter2-long', 'PEM', 'k-one', 'k-two', 'c-one'])
    expect(redactor(['pass', 'password1', 'x'])('x: password1, pass')).toBe('x: **********, **********')
  })
})
