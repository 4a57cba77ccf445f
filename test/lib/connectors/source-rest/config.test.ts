import { describe, expect, it } from 'vitest'
import { sourceRest } from '../../../../lib/connectors/source-rest/index.ts'
import type { Reply } from '../../../support/json-api.ts'
import { readStream, streamOf } from '../../../support/sync.ts'
import { bodyOf, RestApi } from './rest-api.ts'

const rest = new RestApi()

describe('several streams', () => {
  const config = {
    api_key: 'canary',
    query: { tenant: 't' },
    primary_key: ['id'],
    pagination: { type: 'page', page_size: 10 },
    incremental: { cursor_field: 'at', query_parameter: 'since' },
    streams: [
      { path: 'orders' },
      { name: 'people', path: '/crm/customers.json?kind=all', query: { tenant: 'u' }, pagination: { type: 'none' } },
      { name: 'search', path: 'search', method: 'POST', body: { q: 1 }, incremental: null, primary_key: [] },
    ],
  }
  const given = () => ({ ...rest.configOf(config), url: `${rest.origin}/v1` })
  const answer: Reply = (query, request) => {
    if (request.method === 'POST') return bodyOf(request).page === 1 ? [{ hit: request.body }] : []
    return query.get('page') === '2' ? [] : [{ id: 1, at: 1, path: request.url }]
  }

  it('are discovered, checked and read, each by its own words and by those of all', async () => {
    rest.reply = answer
    const parsed = sourceRest.parseConfig(given())
    expect(await sourceRest.check(parsed, AbortSignal.timeout(10_000))).toEqual([])
    const found = await sourceRest.discover(parsed, AbortSignal.timeout(10_000))
    expect(
      found.map(({ name, supportedSyncModes: { length }, sourceDefinedPrimaryKey }) => [
        name,
        length,
        sourceDefinedPrimaryKey,
      ]),
    ).toEqual([
      ['orders', 2, [['id']]],
      ['people', 2, [['id']]],
      ['search', 1, []],
    ])
    const rows = async (name: string) => (await readStream(sourceRest, given(), streamOf(name))).rows
    expect(await rows('orders')).toEqual([{ id: 1n, at: 1n, path: '/v1/orders?tenant=t&page=1' }])
    expect(await rows('people')).toEqual([{ id: 1n, at: 1n, path: '/v1/crm/customers.json?kind=all&tenant=u' }])
    expect(await rows('search')).toEqual([{ hit: '{"q":1,"page":1}' }])
    await expect(rows('nope')).rejects.toThrow('only "orders", "people", "search"')
  })

  it('are each named in a fault', async () => {
    rest.reply = () => [{ id: 1 }]
    const faults = await sourceRest.check(sourceRest.parseConfig(given()), AbortSignal.timeout(10_000))
    expect(faults.map(({ pointer, message }) => [pointer, message.split(':')[0]])).toEqual([
      ['/incremental/cursor_field', 'stream orders'],
      ['/incremental/cursor_field', 'stream people'],
    ])
  })

  it.each([
    [{ streams: [] }, '/streams'],
    [{ streams: [{ path: 'a' }, { path: 'b/a.json' }] }, '/streams/1/name'],
    [{ streams: [{ path: 'https://x/' }] }, '/streams/0/path'],
    [{ streams: [{ path: 'a', body: {} }] }, '/streams/0/body'],
    [{ streams: [{ path: 'a', pagination: { type: 'cursor' } }] }, '/streams/0/pagination/cursor_path'],
    [{ streams: [{ path: 'a' }], stream_name: 'x' }, '/stream_name'],
    [{ parameter_location: 'body' }, '/parameter_location'],
  ])('%o is refused at %s', (more, pointer) => {
    expect(() => sourceRest.parseConfig(rest.configOf(more))).toThrow(
      expect.objectContaining({ errors: expect.arrayContaining([expect.objectContaining({ pointer })]) }),
    )
  })
})

describe('a configuration', () => {
  it.each([
    [{}, '/url'],
    [{ url: 'ftp://x/' }, '/url'],
    [{ url: 'http://user:pass@x/' }, '/url'],
    [{ url: 'http://x/', method: 'PUT' }, '/method'],
    [{ url: 'http://x/', body: {} }, '/body'],
    [{ url: 'http://x/', headers: { 'a b': 'c' } }, '/headers/a b'],
    [{ url: 'http://x/', headers: { a: 'ключ' } }, '/headers'],
    [{ url: 'http://x/', headers: { 'Content-Length': 3 } }, '/headers'],
    [{ url: 'http://x/', api_key: 'ключ' }, '/api_key'],
    [{ url: 'http://x/', api_key: 'k', api_key_scheme: '…' }, '/api_key_scheme'],
    [{ url: 'http://x/', requests_per_second: 0 }, '/requests_per_second'],
    [{ url: 'http://x/', pagination: { type: 'magic' } }, '/pagination/type'],
    [{ url: 'http://x/', pagination: { type: 'cursor' } }, '/pagination/cursor_path'],
  ])('the configuration %o is refused at %s', (config, pointer) => {
    expect(() => sourceRest.parseConfig(config)).toThrow(
      expect.objectContaining({
        code: 'connector_config',
        errors: expect.arrayContaining([expect.objectContaining({ pointer })]),
      }),
    )
  })
})
