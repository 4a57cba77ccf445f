import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { sourceRest } from '../../../../lib/connectors/source-rest/index.ts'
import { idsOf, RestApi, stream } from './rest-api.ts'

const rest = new RestApi()

describe('a request', () => {
  it.each<[string, (response: ServerResponse) => unknown]>([
    ['429', (response) => response.writeHead(429, { 'retry-after': '0' }).end()],
    ['503 and a date', (response) => response.writeHead(503, { 'retry-after': new Date().toUTCString() }).end()],
    ['a lost connection', (response) => response.destroy()],
  ])('is repeated after %s', async (_, fault) => {
    rest.reply = (_query, _request, response) => (rest.requests.length > 1 ? [{ id: 1 }] : void fault(response))
    expect(idsOf(await rest.read())).toEqual([1])
    expect(rest.requests).toHaveLength(2)
  })

  it('is sent again at once when the API closes the kept connection just then', async () => {
    const used = new Set<Socket>()
    rest.reply = (_query, { socket }) => {
      if (used.has(socket)) return void socket.destroy()
      used.add(socket)
      return [{ id: 1 }]
    }
    // The requests of a check are not repeated.
    const faults = await rest.check({ streams: [{ path: 'a' }, { path: 'b' }, { path: 'c' }] })
    expect(faults).toEqual([])
    expect(rest.requests.map(({ url }) => url)).toEqual([
      '/v1/items/a',
      '/v1/items/b',
      '/v1/items/b',
      '/v1/items/c',
      '/v1/items/c',
    ])
  })

  it('without an answer ends in time', async () => {
    rest.reply = () => undefined
    const faults = await rest.check({ timeout_seconds: 1 })
    expect(faults).toEqual([{ pointer: '/url', message: expect.stringContaining('within 1 s') }])
  })

  it('of another stream keeps to the same rate', async () => {
    rest.reply = () => [{ id: 1 }]
    const config = rest.configOf({ requests_per_second: 20, streams: [{ path: 'a' }, { path: 'b' }, { path: 'c' }] })
    const { signal } = new AbortController()
    await using open = await sourceRest.open(sourceRest.parseConfig(config), signal)
    const start = performance.now()
    for (const name of ['a', 'b', 'c']) {
      const { batches } = await open.read({ ...stream, name }, undefined, signal)
      await Array.fromAsync(batches)
    }
    // 50 ms lie between two of them, and timers may be a little early.
    expect(performance.now() - start).toBeGreaterThan(95)
  })

  it('keeps the query of the URL as it is written', async () => {
    rest.reply = () => []
    await rest.read({
      url: `${rest.origin}/v1/items?$filter=a%20eq%20'b'&flag&page=0&x=(1)`,
      query: { y: 'ä +&=' },
      pagination: { type: 'page' },
      ...{ api_key: 'can ary', api_key_location: 'query' },
    })
    expect(rest.requests[0]?.url).toBe(
      '/v1/items?$filter=a%20eq%20%27b%27&flag&x=(1)&y=%C3%A4%20%2B%26%3D&page=1&api_key=can%20ary',
    )
  })

  it.each([
    ['by default', {}, 'authorization', 'Bearer canary'],
    ['in a header of its own', { api_key_name: 'X-Api-Key' }, 'x-api-key', 'canary'],
    ['with another scheme', { api_key_scheme: 'Token' }, 'authorization', 'Token canary'],
  ])('has the API key %s', async (_, more, header, value) => {
    rest.reply = () => [{ id: 1 }]
    await rest.read({ ...more, api_key: 'canary', headers: { 'X-Tenant': 't' }, query: { a: 1 } })
    expect(rest.requests[0]?.headers).toMatchObject({ [header]: value, 'x-tenant': 't' })
    expect(rest.requests[0]?.url).toBe('/v1/items?a=1')
  })

  it('has Basic authorization from a user and a password, which no message has', async () => {
    rest.reply = (_query, request, response) =>
      void response.writeHead(401).end(`wrong: ${request.headers.authorization}, canary:pass-word, pass-word`)
    const faults = await rest.check({ api_key: 'canary:pass-word', api_key_scheme: 'Basic' })
    expect(rest.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('canary:pass-word').toString('base64')}`)
    expect(faults[0]?.pointer).toBe('/api_key')
    expect(faults[0]?.message).not.toMatch(/canary|pass-word|Y2FuYXJ5/)
  })

  it.each([
    ['after a word', { headers: { authorization: 'Bearer canary-1' } }, 'token canary-1 expired'],
    ['in Basic', { headers: { authorization: `Basic ${btoa('me:canary')}` } }, 'password canary is old'],
    ['in the query', { query: { access_token: 'canary' } }, 'no such token: canary'],
    ['in a longer one', { api_key: 'can_', headers: { 'x-key': 'can_ary' } }, 'key can_ary'],
    ['in JSON', { api_key: 'can"ary' }, '{"key":"can\\"ary"}'],
    ['in a form', { api_key: "c a'n(ary)" }, 'key=c+a%27n%28ary%29'],
  ])('has secrets that no message has: %s', async (_, more, said) => {
    rest.reply = (_query, _request, response) => void response.writeHead(401).end(said)
    const [fault] = await rest.check(more)
    expect(fault?.message).toContain('*****')
    expect(fault?.message).not.toMatch(/ary|can_/)
  })
})

describe('a redirect', () => {
  const elsewhere = () => rest.origin.replace('127.0.0.1', 'localhost')
  const redirect = (response: ServerResponse, location: string) => void response.writeHead(302, { location }).end()

  it('within the API is followed', async () => {
    rest.reply = (_query, { url }, response) => (url === '/v1/items' ? redirect(response, '/v2/items') : [{ id: 1 }])
    expect(idsOf(await rest.read())).toEqual([1])
  })

  it('to another origin that has the API key in it is not followed', async () => {
    rest.reply = (_query, { url }, response) => redirect(response, `${elsewhere()}${url}`)
    const faults = await rest.check({ api_key: 'canary/key', api_key_location: 'query' })
    expect(rest.requests.map(({ url }) => url)).toEqual(['/v1/items?api_key=canary%2Fkey'])
    expect(faults).toEqual([
      { pointer: '/url', message: expect.stringContaining(`redirects (302) to ${elsewhere()}/v1/items;`) },
    ])
  })

  it('to the same host by https is told where a key would not travel along', async () => {
    const secure = rest.origin.replace('http:', 'https:')
    rest.reply = (_query, { url }, response) => redirect(response, `${secure}${url}`)
    const [fault] = await rest.check({ api_key: 'canary' })
    expect(fault?.message).toContain(`redirects (302) to ${secure}/v1/items; give that address`)
  })

  it('to another origin that wants the key is told', async () => {
    rest.reply = (_query, { headers }, response) =>
      headers.authorization ? redirect(response, `${elsewhere()}/x`) : void response.writeHead(401).end('who?')
    const [fault] = await rest.check({ api_key: 'canary' })
    expect(fault).toEqual({
      pointer: '/url',
      message: expect.stringContaining(
        `redirects to ${elsewhere()}, which gets neither key nor headers and refused (401: who?)`,
      ),
    })
  })

  it('304 is none', async () => {
    rest.reply = (_query, _request, response) => void response.writeHead(304).end()
    expect(await rest.check()).toEqual([{ pointer: '/headers', message: expect.stringContaining('If-None-Match') }])
  })
})
