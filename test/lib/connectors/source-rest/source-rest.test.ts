import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sourceRest } from '../../../../lib/connectors/source-rest/index.ts'
import { describeSource } from '../../../conformance/source.ts'
import { readByDuckDb } from '../../../support/duckdb.ts'
import { type Reply, startApi } from '../../../support/json-api.ts'
import { parquetOf, readStream, streamOf } from '../../../support/sync.ts'

const rowCount = 20_000
const fast = { requests_per_second: 100_000 }

describeSource(sourceRest, async () => {
  const second = (offset: number) => new Date(Date.UTC(2024, 0, 1) + offset * 1000).toISOString()
  type Event = { id: number; updated_at: string | null; note: string }
  const events: Event[] = Array.from({ length: rowCount }, (_, index) => ({
    id: index + 1,
    // Pairs share a value, and the order of records says nothing.
    updated_at: second(((index * 7919) % rowCount) >> 1),
    note: `note ${index}`,
  }))
  const odd = new Map<string, readonly object[]>()
  const api = await startApi((query, request, response) => {
    if (request.headers.authorization !== 'Bearer canary-key') {
      response.writeHead(401).end('{"error":"unknown key canary-wrong"}')
      return
    }
    const path = new URL(request.url ?? '/', 'http://api').pathname
    const records = odd.get(path)
    if (records) return { data: query.get('page') === '1' ? records : [] }
    if (path !== '/v1/events') {
      response
        .writeHead(path === '/html' ? 200 : 404, { 'content-type': 'text/html' })
        .end('<!doctype html><p>Log in</p>')
      return
    }
    const since = query.get('since') ?? ''
    const page = Number(query.get('page'))
    return { data: events.filter((event) => (event.updated_at ?? '') >= since).slice((page - 1) * 1000, page * 1000) }
  })
  const config = {
    ...fast,
    url: `${api.origin}/v1/events`,
    api_key: 'canary-key',
    method: 'GET',
    pagination: { type: 'page' },
    primary_key: ['id'],
    incremental: { cursor_field: 'updated_at', query_parameter: 'since' },
  }
  const events_ = streamOf('events')
  const { namespace: _, ...stream } = events_
  return {
    config,
    broken: [
      { why: 'wrong key', config: { ...config, api_key: 'canary-wrong' }, pointer: '/api_key' },
      { why: 'no such path', config: { ...config, url: `${api.origin}/v2/events` }, pointer: '/url' },
      { why: 'a web page', config: { ...config, url: `${api.origin}/html` }, pointer: '/url' },
      { why: 'nothing listens', config: { ...config, url: 'http://127.0.0.1:1/' }, pointer: '/url' },
      { why: 'no such host', config: { ...config, url: 'http://nowhere.invalid/' }, pointer: '/url' },
      { why: 'no such list', config: { ...config, records_path: '/items' }, pointer: '/records_path' },
      {
        why: 'no such cursor',
        config: { ...config, incremental: { cursor_field: 'nope', query_parameter: 'since' } },
        pointer: '/incremental/cursor_field',
      },
    ],
    secrets: ['canary-key', 'canary-wrong'],
    stream,
    rowCount,
    incremental: { ...stream, syncMode: 'incremental', cursorField: ['updated_at'] },
    async addRows() {
      const largest = events.reduce((max, { updated_at }) => (updated_at && updated_at > max ? updated_at : max), '')
      events.unshift({ id: rowCount + 1, updated_at: largest, note: 'late' })
      events.push({ id: rowCount + 2, updated_at: second(rowCount), note: 'new' })
      return [BigInt(rowCount + 1), BigInt(rowCount + 2)]
    },
    async addRowWithoutCursor() {
      events.unshift({ id: 0, updated_at: null, note: 'never' })
    },
    async named(name: string) {
      const path = `/v1/${odd.size}`
      // What JSON.parse makes of it: no assignment could make the key __proto__.
      const record = (id: number, value: string) => JSON.parse(`{"id":${id},${JSON.stringify(name)}:${value}}`)
      odd.set(path, [record(1, '"one"'), record(2, 'null')])
      const incremental = { cursor_field: name, query_parameter: 'since' }
      return {
        config: { ...config, url: `${api.origin}${path}`, stream_name: name, incremental },
        stream: { ...stream, name },
      }
    },
    shapes: [
      ['no records', [], []],
      ['no keys', [{}, {}], []],
      ['500 keys', [Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`c${index}`, index]))], ['c0']],
      ['no key', [{ a: 1 }, { a: 1 }], []],
      ['a composite key', [{ a: 1, b: 2 }], ['a', 'b']],
      ['keys that only some records have', [{ a: 1 }, { b: 2 }, null, { c: { d: [] } }].filter(Boolean), []],
    ].map(([why, records, primaryKey]) => {
      const path = `/shapes/${why}`.replaceAll(' ', '-')
      odd.set(path, records as object[])
      const { incremental: _, ...rest } = config
      return {
        why: String(why),
        config: { ...rest, url: `${api.origin}${path}`, stream_name: 'odd', primary_key: primaryKey },
        stream: { ...stream, name: 'odd' },
        columns: new Set((records as object[]).flatMap((record) => Object.keys(record))).size,
        rows: (records as object[]).length,
        primaryKey: primaryKey as string[],
      }
    }),
    hidden: [],
    stop: api.stop,
  }
})

describe('source-rest', () => {
  let api: Awaited<ReturnType<typeof startApi>>
  let reply: Reply

  beforeAll(async () => {
    api = await startApi((...given) => reply(...given))
  })

  afterEach(() => {
    api.requests.length = 0
  })

  afterAll(() => api?.stop())

  const stream = { ...streamOf('items'), namespace: undefined } as unknown as ReturnType<typeof streamOf>
  const configOf = (more: object = {}) => ({ ...fast, url: `${api.origin}/items`, ...more })
  const read = (more: object = {}, given: Partial<typeof stream> = {}) =>
    readStream(sourceRest, configOf(more), { ...stream, ...given })
  const idsOf = (result: Awaited<ReturnType<typeof read>>) => result.rows.map((row) => Number(row.id))
  const sliceOf = (from: number, count: number) =>
    Array.from({ length: Math.max(0, Math.min(count, 25 - from)) }, (_, index) => ({ id: from + index }))
  const all = Array.from({ length: 25 }, (_, index) => index)

  it('numbers arrive digit by digit', async () => {
    reply = () =>
      `[{"id": 9007199254740993, "big": 123456789012345678901234567890, "price": 0.1, "cost": 12345678901234567890.123456789, "tiny": 1e-30, "huge": 1e400, "zero": -0, "doc": {"n": 1.10, "m": 1e400}},
        {"id": -9223372036854775808, "big": 1, "price": 10.50, "cost": -0.000000001, "tiny": 1, "huge": 1, "zero": 0, "doc": [12345678901234567890]}]`
    const result = await read()
    const found = await readByDuckDb(await parquetOf(result))
    // DuckDB leaves out the zero before the point.
    const rows = found.map((row) => Object.values(row).map((value) => value?.replace(/^(-?)\./, '$10.')))
    expect(rows).toEqual([
      [
        '9007199254740993',
        '123456789012345678901234567890',
        '0.100000000',
        '12345678901234567890.123456789',
        '1e-30',
        '1e400',
        '-0',
        '{"n":1.10,"m":1e400}',
      ],
      ['-9223372036854775808', '1', '10.500000000', '-0.000000001', '1', '1', '0', '[12345678901234567890]'],
    ])
    expect(result.changes).toEqual([])
  })

  it('mixed kinds become text, null alone too, objects and lists JSON', async () => {
    reply = () =>
      `[{"a": 1, "b": "x", "c": null, "d": [1], "e": true, "__proto__": "p", "": 1}, {"a": "1.50", "b": 2.50, "d": "s", "e": false}]`
    const { fields, rows } = await read()
    expect(Object.fromEntries(fields.map(({ name, type }) => [name || 'empty', type.kind]))).toEqual(
      Object.fromEntries([
        ['a', 'text'],
        ['b', 'text'],
        ['c', 'text'],
        ['d', 'json'],
        ['e', 'boolean'],
        ['__proto__', 'text'],
        ['empty', 'int64'],
      ]),
    )
    expect(rows.map(({ a, b, d }) => [a, b, d])).toEqual([
      ['1', 'x', '[1]'],
      ['1.50', '2.50', '"s"'],
    ])
  })

  it('later values that do not fit are NULL and recorded, as are keys without a column', async () => {
    const first = Array.from({ length: 1_000 }, (_, id) => ({ id, flag: true, price: 1.5 }))
    reply = (query) =>
      query.get('page') === '1'
        ? first
        : query.get('page') === '2'
          ? `[{"id": 1.5, "flag": "no", "price": 0.12345678901, "more": {"x": 1}}, {"id": 7e2}]`
          : []
    const result = await read({ pagination: { type: 'page' } })
    expect(result.rows.at(-2)).toMatchObject({ id: null, flag: null, price: null })
    expect(result.rows.at(-1)).toMatchObject({ id: 700n })
    expect(result.changes.map(({ field, value }) => [field, value])).toEqual([
      ['id', '1.5'],
      ['flag', '"no"'],
      ['price', '0.12345678901'],
      ['more', '{"x":1}'],
    ])
    const text = await read(
      { pagination: { type: 'page' } },
      { asText: ['id', 'price', 'flag'], fields: ['id', 'price', 'flag'] },
    )
    expect(text.rows.at(-2)).toEqual({ id: '1.5', flag: 'no', price: '0.12345678901' })
    expect(text.changes).toEqual([])
  })

  it.each([
    [
      'page',
      { type: 'page', size_parameter: 'per_page', page_size: 10 },
      (q: URLSearchParams) => sliceOf((Number(q.get('page')) - 1) * 10, Number(q.get('per_page'))),
      4,
    ],
    [
      'page from 0 without a size',
      { type: 'page', page_parameter: 'p', start_page: 0 },
      (q: URLSearchParams) => sliceOf(Number(q.get('p')) * 10, 10),
      4,
    ],
    [
      'offset',
      { type: 'offset', page_size: 10 },
      (q: URLSearchParams) => ({ items: sliceOf(Number(q.get('offset')), Number(q.get('limit'))), total: 25 }),
      4,
    ],
    [
      'token',
      { type: 'cursor', cursor_path: '/meta/next', cursor_parameter: 'after' },
      (q: URLSearchParams) => {
        const from = Number(q.get('after') ?? 0)
        return { data: sliceOf(from, 10), meta: { next: from + 10 < 25 ? from + 10 : null } }
      },
      3,
    ],
    [
      'URL in the answer',
      { type: 'cursor', cursor_path: 'next' },
      (q: URLSearchParams) => {
        const from = Number(q.get('from') ?? 0)
        return { results: sliceOf(from, 10), next: from + 10 < 25 ? `/items?from=${from + 10}` : '' }
      },
      3,
    ],
  ])('pages by %s are read to their end', async (_, pagination, page, requests) => {
    reply = page
    expect(idsOf(await read({ pagination }))).toEqual(all)
    expect(api.requests).toHaveLength(requests)
  })

  it('pages by Link header are read to their end', async () => {
    reply = (query, _, response) => {
      const from = Number(query.get('from') ?? 0)
      if (from + 10 < 25)
        response.setHeader(
          'link',
          `</items?from=0>; rel="first", <${api.origin}/items?from=${from + 10}>; title="a, b"; rel="next last"`,
        )
      return sliceOf(from, 10)
    }
    expect(idsOf(await read({ pagination: { type: 'link_header' } }))).toEqual(all)
  })

  it.each([
    ['a parameter that the API does not know', { type: 'page' }, () => [{ id: 1 }]],
    [
      'a page that names itself',
      { type: 'cursor', cursor_path: 'next' },
      () => ({ data: [{ id: Math.random() }], next: '/items' }),
    ],
    [
      'a next page elsewhere',
      { type: 'cursor', cursor_path: 'next' },
      () => ({ data: [{ id: 1 }], next: 'http://other.invalid/' }),
    ],
  ])('%s ends the read', async (_, pagination, page) => {
    reply = page
    await expect(read({ pagination })).rejects.toMatchObject({
      code: 'connector_config',
      errors: [{ pointer: '/pagination' }],
    })
    expect(api.requests.length).toBeLessThanOrEqual(2)
  })

  it('too many pages and too large answers end the read', async () => {
    reply = (query) => [{ id: Number(query.get('page')) }]
    await expect(read({ pagination: { type: 'page' }, max_pages: 5 })).rejects.toMatchObject({
      errors: [{ pointer: '/max_pages' }],
    })
    reply = () => JSON.stringify('x'.repeat(2 << 20))
    await expect(read({ max_response_mb: 1 })).rejects.toMatchObject({ errors: [{ pointer: '/max_response_mb' }] })
  })

  it('a GET is repeated after 429, 503 and a lost connection; what the API asks for is obeyed', async () => {
    const faults: ((response: ServerResponse) => unknown)[] = [
      (response) => response.writeHead(429, { 'retry-after': '0' }).end(),
      (response) => response.writeHead(503, { 'retry-after': new Date().toUTCString() }).end(),
      (response) => response.destroy(),
    ]
    reply = (_query, _request, response) => {
      const fault = faults.shift()
      if (!fault) return [{ id: 1 }]
      fault(response)
      return undefined
    }
    expect(idsOf(await read())).toEqual([1])
    expect(api.requests).toHaveLength(4)
  })

  it('an answer that does not come ends in time', async () => {
    reply = () => undefined
    const config = sourceRest.parseConfig(configOf({ timeout_seconds: 1 }))
    const faults = await sourceRest.check(config, AbortSignal.timeout(10_000))
    expect(faults).toEqual([{ pointer: '/url', message: expect.stringContaining('within 1 s') }])
  })

  it.each([
    ['by default', {}, 'authorization', 'Bearer canary'],
    ['in a header of its own', { api_key_name: 'X-Api-Key' }, 'x-api-key', 'canary'],
    ['with another scheme', { api_key_scheme: 'Token' }, 'authorization', 'Token canary'],
  ])('the API key goes %s', async (_, more, header, value) => {
    reply = () => [{ id: 1 }]
    await read({ ...more, api_key: 'canary', headers: { 'X-Tenant': 't' }, query: { a: 1 } })
    expect(api.requests[0]?.headers).toMatchObject({ [header]: value, 'x-tenant': 't' })
    expect(api.requests[0]?.url).toBe('/items?a=1')
  })

  it('the API key in the query stays out of messages, and redirects to another origin are not followed', async () => {
    reply = (_query, request, response) =>
      void response.writeHead(302, { location: `http://localhost:1${request.url}` }).end()
    const config = sourceRest.parseConfig(configOf({ api_key: 'canary/key', api_key_location: 'query' }))
    const faults = await sourceRest.check(config, AbortSignal.timeout(10_000))
    expect(api.requests[0]?.url).toBe('/items?api_key=canary%2Fkey')
    expect(faults[0]?.pointer).toBe('/url')
    expect(JSON.stringify(faults)).not.toContain('canary')
  })

  it('redirects within the API are followed', async () => {
    reply = (_query, request, response) =>
      request.url === '/items' ? void response.writeHead(307, { location: '/v2/items' }).end() : [{ id: 1 }]
    expect(idsOf(await read())).toEqual([1])
  })

  it.each([
    ['a list', '[{"id": 1}]', {}],
    ['the one list in the answer', '{"count": 1, "stuff": [{"id": 1}]}', {}],
    ['the usual list among others', '{"errors": [], "data": [{"id": 1}]}', {}],
    ['a path', '{"a": [{"b/c": [{"id": 1}]}], "data": []}', { records_path: '/a/0/b~1c' }],
    ['dots', '{"a": {"b": [{"id": 1}]}}', { records_path: 'a.b' }],
    ['one record', '{"id": 1, "name": "x"}', {}],
  ])('records are found in %s', async (_, json, more) => {
    reply = () => json
    expect(idsOf(await read(more))).toEqual([1])
  })

  it('an empty answer has no records', async () => {
    for (const json of ['[]', '{}', '{"data": []}', '']) {
      reply = () => json
      expect((await read()).rows).toEqual([])
    }
  })

  it('the first sync decides about types for the next ones', async () => {
    const config = { incremental: { cursor_field: 'at', query_parameter: 'since', start_value: 0 } }
    const incremental = { syncMode: 'incremental', cursorField: ['at'] } as const
    reply = () => '[{"at": 1, "price": 1.5}]'
    const one = await read(config, incremental)
    expect(new URL(api.requests[0]?.url ?? '', api.origin).searchParams.get('since')).toBe('0')
    reply = () => '[{"at": 1, "price": 1.5}, {"at": 2, "price": 2}, {"at": 10, "price": "none"}]'
    const two = await readStream(sourceRest, configOf(config), { ...stream, ...incremental }, one.states.at(-1))
    expect(two.fields.map(({ type }) => type.kind)).toEqual(['int64', 'decimal'])
    expect(two.rows.map((row) => row.price)).toEqual(['2.000000000', null])
    expect(two.states.at(-1)).toMatchObject({ cursor: '10' })
  })

  it.each([
    [{}, '/url'],
    [{ url: 'ftp://x/' }, '/url'],
    [{ url: 'http://user:pass@x/' }, '/url'],
    [{ url: 'http://x/', method: 'PUT' }, '/method'],
    [{ url: 'http://x/', body: {} }, '/body'],
    [{ url: 'http://x/', headers: { 'a b': 'c' } }, '/headers/a b'],
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
