import '../../support/quiet-log.ts'
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { makeApiKey } from '../../../lib/http/api-keys.ts'
import { apiKeyAuthorizer } from '../../../lib/http/authorizer.ts'

const parameterStore = (...kept: object[]) => {
  const store = { kept, reads: 0, isDown: false }
  const read = async (path: string) => {
    store.reads++
    if (store.isDown) throw new Error('no route to SSM')
    return new Map(path === '/airbyte-ingestion-access/dev/' ? [['api-keys', JSON.stringify(store.kept)]] : [])
  }
  return { store, read }
}

const request = (method: string, headers: Record<string, string>) =>
  ({ headers, requestContext: { http: { method } } }) as unknown as APIGatewayRequestAuthorizerEventV2

const withKey = (key: string, method = 'POST') => request(method, { 'x-api-key': key })

describe('the api-key authorizer', () => {
  it('lets a write key do all and a read key look', async () => {
    const write = makeApiKey('ci', 'write')
    const read = makeApiKey('dashboard', 'read')
    const authorize = apiKeyAuthorizer(parameterStore(write.kept, read.kept).read)
    expect(await authorize(withKey(write.key))).toEqual({ isAuthorized: true, context: { caller: 'ci' } })
    expect(await authorize(withKey(write.key, 'DELETE'))).toMatchObject({ isAuthorized: true })
    expect(await authorize(withKey(read.key, 'GET'))).toEqual({ isAuthorized: true, context: { caller: 'dashboard' } })
    for (const method of ['POST', 'PATCH', 'DELETE'])
      expect(await authorize(withKey(read.key, method)), method).toMatchObject({ isAuthorized: false })
  })

  it.each([
    ['no key', {}],
    ['an empty key', { 'x-api-key': '' }],
    ['another key', { 'x-api-key': makeApiKey('x', 'write').key }],
    ['a key that is too long', { 'x-api-key': 'a'.repeat(100_000) }],
  ])('refuses %s', async (_, headers) => {
    const authorize = apiKeyAuthorizer(parameterStore(makeApiKey('ci', 'write').kept).read)
    expect(await authorize(request('GET', headers as Record<string, string>))).toMatchObject({ isAuthorized: false })
  })

  it('refuses all when nothing, or nothing readable, is stored', async () => {
    const { key, kept } = makeApiKey('ci', 'write')
    expect(await apiKeyAuthorizer(parameterStore().read)(withKey(key))).toMatchObject({ isAuthorized: false })
    const broken = parameterStore({ ...kept, hash: '' })
    expect(await apiKeyAuthorizer(broken.read)(withKey(key))).toMatchObject({ isAuthorized: false })
  })

  it('knows a new key within seconds and reads no more often, whoever knocks', async () => {
    const [first, second] = [makeApiKey('first', 'write'), makeApiKey('second', 'write')]
    const { store, read } = parameterStore(first.kept)
    let now = 0
    const authorize = apiKeyAuthorizer(read, () => now)
    await authorize(withKey(first.key))
    store.kept = [first.kept, second.kept]
    for (let stranger = 0; stranger < 20; stranger++) await authorize(withKey(`stranger${stranger}`))
    expect(store.reads).toBe(1)
    now += 6_000
    expect(await authorize(withKey(second.key))).toMatchObject({ isAuthorized: true })
    expect(await authorize(withKey(first.key))).toMatchObject({ isAuthorized: true })
    expect(store.reads).toBe(2)
  })

  it('forgets a removed key within a minute', async () => {
    const { key, kept } = makeApiKey('ci', 'write')
    const { store, read } = parameterStore(kept)
    let now = 0
    const authorize = apiKeyAuthorizer(read, () => now)
    expect(await authorize(withKey(key))).toMatchObject({ isAuthorized: true })
    store.kept = []
    now += 61_000
    expect(await authorize(withKey(key))).toMatchObject({ isAuthorized: false })
  })

  it('keeps the last keys while SSM is away', async () => {
    const { key, kept } = makeApiKey('ci', 'write')
    const { store, read } = parameterStore(kept)
    let now = 0
    const authorize = apiKeyAuthorizer(read, () => now)
    await authorize(withKey(key))
    store.isDown = true
    now += 120_000
    expect(await authorize(withKey(key))).toMatchObject({ isAuthorized: true })
  })

  it('finds the header in any case', async () => {
    const { key, kept } = makeApiKey('ci', 'write')
    const authorize = apiKeyAuthorizer(parameterStore(kept).read)
    expect(await authorize(request('GET', { 'X-Api-Key': key }))).toMatchObject({ isAuthorized: true })
  })
})
