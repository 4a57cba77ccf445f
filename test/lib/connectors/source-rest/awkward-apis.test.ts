import type { ServerResponse } from 'node:http'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sourceRest } from '../../../../lib/connectors/source-rest/index.ts'
import { type Reply, startApi } from '../../../support/json-api.ts'
import { readStream, streamOf } from '../../../support/sync.ts'

const total = 25
const slice = (from: number, count: number) =>
  Array.from({ length: Math.max(0, Math.min(count, total - from)) }, (_, index) => ({ id: from + index }))
const all = slice(0, total).map(({ id }) => id)

describe('source-rest reads', () => {
  let api: Awaited<ReturnType<typeof startApi>>
  let other: Awaited<ReturnType<typeof startApi>>
  let reply: Reply

  beforeAll(async () => {
    api = await startApi((...given) => reply(...given))
    other = await startApi((_query, request) => [{ id: 1, header: request.headers.authorization ?? 'none' }])
  })

  afterEach(() => {
    api.requests.length = 0
  })

  afterAll(async () => {
    await api?.stop()
    await other?.stop()
  })

  const stream = streamOf('items')
  const configOf = (more: object = {}) => ({ requests_per_second: 100_000, url: `${api.origin}/v1/items`, ...more })
  const read = (more: object = {}, given: Partial<typeof stream> = {}) =>
    readStream(sourceRest, configOf(more), { ...stream, ...given })
  const idsOf = ({ rows }: Awaited<ReturnType<typeof read>>) => rows.map((row) => Number(row.id))
  const check = (more: object = {}) =>
    sourceRest.check(sourceRest.parseConfig(configOf(more)), AbortSignal.timeout(10_000))
  const pathOf = (request: { url?: string | undefined } | undefined) => request?.url ?? ''
  const bodyOf = (request: { body?: string }) => JSON.parse(request.body ?? 'null')
  const from = (query: URLSearchParams, name: string) => Number(query.get(name) ?? 0)
  const link = (response: ServerResponse, target: string) => response.setHeader('link', `<${target}>; rel="next"`)

  describe('pages of', () => {
    it.each<[string, object, Reply, number]>([
      [
        'GitHub: a list and a Link header',
        { pagination: { type: 'link_header', size_parameter: 'per_page', page_size: 10 } },
        (query, _, response) => {
          const page = from(query, 'page') || 1
          if (page < 3) link(response, `${api.origin}/v1/items?per_page=10&page=${page + 1}`)
          return slice((page - 1) * 10, 10)
        },
        3,
      ],
      [
        'Stripe: the id of the last record',
        { pagination: { type: 'cursor', cursor_path: 'data.-1.id', cursor_parameter: 'starting_after' } },
        (query) => {
          const after = query.has('starting_after') ? from(query, 'starting_after') + 1 : 0
          return { object: 'list', data: slice(after, 10), has_more: after + 10 < total, url: '/v1/items' }
        },
        4,
      ],
      [
        'Elasticsearch: records inside, tokens of several values in a body',
        {
          method: 'POST',
          body: { query: { match_all: {} } },
          records_path: 'hits.hits',
          pagination: {
            type: 'cursor',
            cursor_path: 'hits.hits.-1.sort',
            cursor_parameter: 'search_after',
            size_parameter: 'size',
            page_size: 10,
          },
        },
        (_, request) => {
          const { size, query, search_after: after } = bodyOf(request)
          if (size !== 10 || !query.match_all) return { error: 'no query' }
          const hits = slice(after ? after[1] + 1 : 0, size).map(({ id }) => ({ id, sort: ['x', id] }))
          return { took: 1, _shards: { total: 1 }, hits: { total: { value: total }, hits } }
        },
        4,
      ],
      [
        'OData: a whole URL under a key with a dot',
        { pagination: { type: 'cursor', cursor_path: '@odata.nextLink' } },
        (query) => {
          const skip = from(query, '$skip')
          const next = skip + 10 < total ? { '@odata.nextLink': `${api.origin}/v1/items?$skip=${skip + 10}` } : {}
          return { '@odata.context': 'x', value: slice(skip, 10), ...next }
        },
        3,
      ],
      [
        'OData: a relative URL',
        { pagination: { type: 'cursor', cursor_path: '@odata.nextLink' } },
        (query) => {
          const skip = from(query, '$skip')
          return {
            value: slice(skip, 10),
            ...(skip + 10 < total ? { '@odata.nextLink': `items?$skip=${skip + 10}` } : {}),
          }
        },
        3,
      ],
      [
        'HubSpot: a token far inside, in the body of a POST',
        {
          method: 'POST',
          body: { limit: 10 },
          pagination: { type: 'cursor', cursor_path: 'paging.next.after', cursor_parameter: 'after' },
        },
        (_, request) => {
          const { limit, after = 0 } = bodyOf(request)
          const end = Number(after) + limit
          return {
            results: slice(Number(after), limit),
            ...(end < total ? { paging: { next: { after: `${end}` } } } : {}),
          }
        },
        3,
      ],
      [
        'GraphQL: a variable of the query',
        {
          method: 'POST',
          body: { query: 'query ($after: String) { items(after: $after) { nodes { id } } }', variables: { first: 10 } },
          records_path: 'data.items.nodes',
          pagination: {
            type: 'cursor',
            cursor_path: 'data.items.pageInfo.endCursor',
            cursor_parameter: 'variables.after',
          },
        },
        (_, request) => {
          const { variables } = bodyOf(request)
          const start = Number(variables.after ?? 0)
          const endCursor = start + 10 < total ? String(start + 10) : null
          return { data: { items: { nodes: slice(start, variables.first), pageInfo: { endCursor } } } }
        },
        3,
      ],
      [
        'Zendesk: next_page is null at the end',
        { pagination: { type: 'cursor', cursor_path: 'next_page' } },
        (query) => {
          const page = from(query, 'page') || 1
          const next = page < 3 ? `${api.origin}/v1/items?page=${page + 1}` : null
          return { tickets: slice((page - 1) * 10, 10), count: total, next_page: next }
        },
        3,
      ],
      [
        'Salesforce: a path without a query',
        { records_path: 'records', pagination: { type: 'cursor', cursor_path: 'nextRecordsUrl' } },
        (_, request) => {
          const start = Number(/items\/x-(\d+)/.exec(pathOf(request))?.[1] ?? 0)
          const done = start + 10 >= total
          return { done, records: slice(start, 10), ...(done ? {} : { nextRecordsUrl: `/v1/items/x-${start + 10}` }) }
        },
        3,
      ],
      [
        'Jira: a smaller page than was asked for, a total that changes',
        {
          pagination: {
            type: 'offset',
            offset_parameter: 'startAt',
            size_parameter: 'maxResults',
            page_size: 1_000,
          },
        },
        (query) => ({
          issues: slice(from(query, 'startAt'), 10),
          maxResults: 10,
          total: Math.floor(Math.random() * 99),
        }),
        4,
      ],
      [
        'Django: 404 after the last one',
        { pagination: { type: 'page' } },
        (query, _, response) =>
          from(query, 'page') > 3
            ? void response.writeHead(404).end('{"detail":"Invalid page."}')
            : { count: total, results: slice((from(query, 'page') - 1) * 10, 10) },
        4,
      ],
      [
        'tokens that look like paths, an empty one in the middle',
        { pagination: { type: 'cursor', cursor_path: 'next' } },
        (query) => {
          const start = Number(/^\/(\d+)\/=$/.exec(query.get('cursor') ?? '')?.[1] ?? 0)
          if (start === 10 && query.get('cursor') === '/10/=') return { items: [], next: '/010/=' }
          return { items: slice(start, 10), next: start + 10 < total ? `/${start + 10}/=` : '' }
        },
        4,
      ],
      [
        'an API that names a next one always',
        { pagination: { type: 'cursor', cursor_path: 'cursor' } },
        (query) => {
          const start = from(query, 'cursor')
          return { items: slice(start, 10), cursor: Math.min(start + 10, total) }
        },
        4,
      ],
      [
        'an API that leaves out an empty list',
        { records_path: 'messages', pagination: { type: 'page' } },
        (query) => {
          const messages = slice((from(query, 'page') - 1) * 10, 10)
          return messages.length > 0 ? { messages, estimate: 1 } : { estimate: 1 }
        },
        4,
      ],
    ])('%s', async (_, more, given, requests) => {
      reply = given
      expect(idsOf(await read(more))).toEqual(all)
      expect(api.requests).toHaveLength(requests)
    })

    it('an API behind a proxy that says http and means https are asked by https', async () => {
      const { requestOf } = await import('../../../../lib/connectors/source-rest/request.ts')
      const config = sourceRest.parseConfig({ url: 'https://h/v1/items', api_key: 'k', api_key_location: 'query' })
      const page = { number: 2, parameters: {}, endsOn: [] }
      const [first] = config.streams
      if (!first) throw new Error('no stream')
      expect(requestOf(config, first, { ...page, url: 'http://h/v1/items?page=2' }, {}).url.href).toBe(
        'https://h/v1/items?page=2&api_key=k',
      )
      expect(() => requestOf(config, first, { ...page, url: 'http://evil/' }, {})).toThrow('not sent elsewhere')
    })

    it('a refused size fails, and is no end', async () => {
      reply = (query, _, response) =>
        from(query, 'page') > 2
          ? void response.writeHead(422).end('{"message":"Only the first 20 results"}')
          : slice((from(query, 'page') - 1) * 10, 10)
      await expect(read({ pagination: { type: 'page', page_size: 10 } })).rejects.toThrow('Only the first 20 results')
    })
  })

  describe('an answer', () => {
    const send =
      (body: Buffer | string, headers: Record<string, string>): Reply =>
      (_query, _request, response) =>
        void response.writeHead(200, headers).end(body)

    it.each<[string, Reply]>([
      ['with gzip', send(gzipSync('[{"id":1}]'), { 'content-encoding': 'gzip' })],
      ['with br', send(brotliCompressSync('[{"id":1}]'), { 'content-encoding': 'br' })],
      ['with deflate', send(deflateSync('[{"id":1}]'), { 'content-encoding': 'deflate' })],
      ['with a byte order mark', send('\ufeff[{"id":1}]', {})],
      ['as NDJSON', send('{"id":1}\n', { 'content-type': 'application/x-ndjson' })],
      ['as one object', send('{"id":1,"tags":["a","b"]}', {})],
      ['with null among the errors', send('{"error":null,"errors":[],"data":[{"id":1}]}', {})],
      ['with lists of other kinds', send('{"columns":["id"],"orders":[{"id":1}]}', {})],
    ])('%s', async (_, given) => {
      reply = given
      expect(idsOf(await read())).toEqual([1])
    })

    it('as NDJSON of several lines, with a list in each', async () => {
      reply = send('{"id":1,"items":[1]}\n{"id":2,"items":[]}\n\n{"id":3,"items":[3]}', {
        'content-type': 'text/plain',
      })
      expect((await read()).rows.map(({ id, items }) => [id, items])).toEqual([
        [1n, '[1]'],
        [2n, '[]'],
        [3n, '[3]'],
      ])
    })

    it('in latin1', async () => {
      reply = send(Buffer.from('[{"id":1,"name":"Grüße"}]', 'latin1'), {
        'content-type': 'application/json; charset=ISO-8859-1',
      })
      expect((await read()).rows).toEqual([{ id: 1n, name: 'Grüße' }])
      reply = send(Buffer.from('[{"id":1,"name":"Grüße"}]', 'latin1'), {})
      await expect(read()).rejects.toThrow('not in the charset UTF-8')
    })

    it.each([
      ['204', ''],
      ['a list that is null', '{"data":null,"total":0}'],
      ['null', 'null'],
    ])('without records: %s', async (_, json) => {
      reply = (_query, _request, response) => void response.writeHead(json ? 200 : 204).end(json)
      expect((await read()).rows).toEqual([])
    })

    it('without records where the path says', async () => {
      reply = send('{"a":{"b":null}}', {})
      expect((await read({ records_path: 'a.b' })).rows).toEqual([])
    })

    it.each([
      ['{"ok":false,"error":"invalid_auth canary"}', 'invalid_auth **********'],
      ['{"errors":[{"message":"No such field"}],"data":null}', 'No such field'],
      ['{"success":false,"message":"Quota"}', 'Quota'],
      ['{"status":"error","message":"Down"}', 'Down'],
    ])('that says with 200 that it failed: %s', async (json, message) => {
      reply = send(json, {})
      const faults = await check({ api_key: 'canary' })
      expect(faults).toEqual([{ pointer: '/url', message: expect.stringContaining(message) }])
      expect(faults[0]?.message).not.toContain('canary')
    })

    it('of GraphQL with errors beside its data', async () => {
      reply = send('{"data":{"items":[{"id":1},null]},"errors":[{"message":"Cannot resolve"}]}', {})
      await expect(read({ records_path: 'data.items' })).rejects.toThrow('Cannot resolve')
    })

    it.each([
      ['with several lists', '{"orders":[{"id":1}],"users":[{"id":2}]}', {}, '/records_path', 'orders, users'],
      ['with nothing at the path', '{"orders":[]}', { records_path: '/items' }, '/records_path', 'it has: orders'],
      ['as a web page', '<!doctype html><p>Log in', {}, '/url', 'HTML page'],
      ['as XML', '<a/>', {}, '/url', 'did not answer with JSON but with application/xml'],
      ['with NaN', '[{"a":NaN}]', {}, '/url', '"NaN}]" at byte 6'],
    ])('that cannot be read, %s', async (_, body, more, pointer, message) => {
      reply = send(body, { 'content-type': 'application/xml' })
      expect(await check(more)).toEqual([{ pointer, message: expect.stringContaining(message) }])
    })

    it('that breaks off, once more from the start', async () => {
      const [whole, half] = ['[{"id":1}]', '[{"id":']
      let cuts = 2
      reply = (_query, _request, response) => {
        if (cuts-- === 0) return whole
        response.writeHead(200, { 'content-length': whole.length })
        response.write(half, () => response.destroy())
        return undefined
      }
      expect(idsOf(await read())).toEqual([1])
    })

    it('that breaks off unnoticed: as a failure that may pass', async () => {
      reply = send('[{"id":1},{"id":', {})
      await expect(read()).rejects.toMatchObject({
        code: 'connector_transient',
        message: expect.stringMatching(/16 bytes/),
      })
    })

    it('that trickles: until its time is over', async () => {
      reply = (_query, _request, response) => void response.writeHead(200).write('[')
      expect(await check({ timeout_seconds: 1 })).toEqual([
        { pointer: '/url', message: expect.stringContaining('no answer within 1 s') },
      ])
    })

    it('nested to any depth', async () => {
      const deep = '['.repeat(100_000) + ']'.repeat(100_000)
      reply = send(`[{"id":1,"deep":${deep}}]`, {})
      expect((await read()).rows).toEqual([{ id: 1n, deep }])
    })

    it('elsewhere, without the key', async () => {
      reply = (_query, _request, response) => void response.writeHead(302, { location: `${other.origin}/x` }).end()
      expect((await read({ api_key: 'canary', headers: { 'X-Secret': 'canary' } })).rows).toEqual([
        { id: 1n, header: 'none' },
      ])
      expect(JSON.stringify(other.requests.map(({ headers, url }) => [headers, url]))).not.toContain('canary')
    })
  })

  it('records with keys of every kind', async () => {
    reply = () =>
      `[{"id": 1, "Id": 2, "ID": 3, "": "e", "__proto__": "p", "constructor": 4, "a\\u0062": 5, "nul\\u0000": "x\\u0000y"},
        {"ID": 6, "id": 7, "ab": 8, "half": "\\ud800"}, 9, {"id": 10, "id": 11}]`
    const result = await read()
    expect(result.rows.map((row) => Object.entries(row).filter(([, value]) => value !== null))).toEqual([
      [
        ['id', 1n],
        ['Id', 2n],
        ['ID', 3n],
        ['', 'e'],
        ['__proto__', 'p'],
        ['constructor', 4n],
        ['ab', 5n],
        ['nul\0', 'x\0y'],
      ],
      [
        ['id', 7n],
        ['ID', 6n],
        ['ab', 8n],
      ],
      [['value', 9n]],
      [['id', 11n]],
    ])
    expect(result.changes.map(({ row, field, value }) => [row, field, value])).toEqual([
      [1, 'half', '"\\ud800"'],
      [3, 'id', '10'],
    ])
  })

  it('numbers in every form as the type of their column', async () => {
    reply = () =>
      '[{"id": 1E2, "price": 0.1000}, {"id": -12, "price": -1e-9}, {"id": 9223372036854775807, "price": 12345678901234567890123456789.5}, {"id": 10.0, "price": 999999999999999}, {"id": -0, "price": 1e400}]'
    const { rows, changes } = await read({}, { fields: ['id', 'price'] })
    // One -0 or 1e400 in the sample, and the column is text.
    expect(rows.map(({ id, price }) => [id, price])).toEqual([
      ['1E2', '0.1000'],
      ['-12', '-1e-9'],
      ['9223372036854775807', '12345678901234567890123456789.5'],
      ['10.0', '999999999999999'],
      ['-0', '1e400'],
    ])
    expect(changes).toEqual([])
    const sample = '{"id": 1, "price": 0.5},'.repeat(1_000)
    reply = (query) =>
      query.get('page') === '1'
        ? `[${sample.slice(0, -1)}]`
        : query.get('page') === '2'
          ? '[{"id": 1E2, "price": 0.1000}, {"id": -12, "price": -1e-9}, {"id": 9223372036854775807, "price": 12345678901234567890123456789.5}, {"id": 10.0, "price": 999999999999999}, {"id": -9007199254740993, "price": -123456789.123456789}, {"id": -0, "price": 1e400}]'
          : []
    const typed = await read({ pagination: { type: 'page' } })
    expect(typed.rows.slice(1_000).map(({ id, price }) => [id, price])).toEqual([
      [100n, '0.100000000'],
      [-12n, '-0.000000001'],
      [9223372036854775807n, '12345678901234567890123456789.500000000'],
      [10n, '999999999999999.000000000'],
      [-9007199254740993n, '-123456789.123456789'],
      [null, null],
    ])
    expect(typed.changes.map(({ value }) => value)).toEqual(['-0', '1e400'])
  })

  it('a field that appears late where asText or fields name it', async () => {
    const first = Array.from({ length: 1_000 }, (_, id) => ({ id }))
    reply = (query) => (query.get('page') === '1' ? first : query.get('page') === '2' ? [{ id: 1, late: 1.5 }] : [])
    const { rows, changes } = await read({ pagination: { type: 'page' } }, { asText: ['late'] })
    expect(rows.at(-1)).toEqual({ id: 1n, late: '1.5' })
    expect(changes).toEqual([])
  })

  it('Basic authorization from a user and a password, which no message has', async () => {
    reply = (_query, request, response) =>
      void response.writeHead(401).end(`wrong: ${request.headers.authorization}, canary:pass-word, pass-word`)
    const faults = await check({ api_key: 'canary:pass-word', api_key_scheme: 'Basic' })
    expect(api.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('canary:pass-word').toString('base64')}`)
    expect(faults[0]?.pointer).toBe('/api_key')
    expect(faults[0]?.message).not.toMatch(/canary|pass-word|Y2FuYXJ5/)
  })

  describe('the next page', () => {
    const pages: Reply = (query) => slice(0, 10).map(({ id }) => ({ id: id + 100 * from(query, 'page') }))

    it('is asked for while one is worked on, and no further', async () => {
      reply = pages
      const { signal } = new AbortController()
      await using open = await sourceRest.open(
        sourceRest.parseConfig(configOf({ pagination: { type: 'page' } })),
        signal,
      )
      const { batches } = await open.read(stream, undefined, signal)
      // Ten pages are the sample.
      await expect.poll(() => api.requests.length).toBe(11)
      await batches[Symbol.asyncIterator]().return?.()
    })

    it('is given up when the reader is', async () => {
      let closed = 0
      reply = (query, request, response) => {
        if (query.get('page') !== '11') return pages(query, request, response)
        response.on('close', () => closed++)
        return undefined
      }
      const abort = new AbortController()
      await using open = await sourceRest.open(
        sourceRest.parseConfig(configOf({ pagination: { type: 'page' } })),
        abort.signal,
      )
      const { batches } = await open.read(stream, undefined, abort.signal)
      await expect.poll(() => api.requests.length).toBe(11)
      const reading = Array.fromAsync(batches)
      abort.abort(new Error('cancelled'))
      await expect(reading).rejects.toThrow('cancelled')
      await expect.poll(() => closed).toBe(1)
    })

    it('is not asked for by check and discover', async () => {
      reply = pages
      expect(await check({ pagination: { type: 'page' } })).toEqual([])
      expect(api.requests).toHaveLength(1)
      const config = sourceRest.parseConfig(configOf({ pagination: { type: 'page' } }))
      await sourceRest.discover(config, AbortSignal.timeout(10_000))
      expect(api.requests).toHaveLength(11)
    })
  })

  describe('incrementally', () => {
    const incremental = { cursor_field: 'at', query_parameter: 'since' }
    const wanted = { syncMode: 'incremental', cursorField: ['at'] } as const
    const readFrom = (more: object, state?: Record<string, unknown>) =>
      readStream(sourceRest, configOf({ incremental: { ...incremental, ...more } }), { ...stream, ...wanted }, state)
    const since = () => new URL(pathOf(api.requests.at(-1)), api.origin).searchParams.get('since')

    it('records in any order, older ones left out, ties found', async () => {
      reply = () => [
        { id: 1, at: '2024-01-02T00:00:00Z' },
        { id: 2, at: '2024-01-01T00:00:00Z' },
        { id: 3, at: null },
      ]
      const one = await readFrom({})
      expect(idsOf(one)).toEqual([1, 2, 3])
      reply = () => [
        { id: 4, at: '2024-01-02T00:00:00Z' },
        { id: 5, at: '2023-01-01T00:00:00Z' },
        { id: 6, at: '2024-01-01T23:00:01-01:00' },
        { id: 1, at: '2024-01-02T00:00:00Z' },
        { id: 3, at: null },
      ]
      const two = await readFrom({}, one.states.at(-1))
      expect(since()).toBe('2024-01-02T00:00:00Z')
      expect(idsOf(two)).toEqual([4, 6])
      expect(two.states.at(-1)).toMatchObject({ cursor: '2024-01-01T23:00:01-01:00' })
    })

    it('late records within the lookback, which are sent again', async () => {
      reply = () => [
        { id: 1, at: '2024-01-02T00:00:00Z' },
        { id: 2, at: '2024-01-01T23:59:00Z' },
      ]
      const one = await readFrom({ lookback_window_seconds: 60 })
      reply = () => [
        { id: 1, at: '2024-01-02T00:00:00Z' },
        { id: 2, at: '2024-01-01T23:59:00Z' },
        { id: 3, at: '2024-01-01T23:58:59Z' },
        { id: 4, at: '2024-01-01T23:59:30Z' },
      ]
      const two = await readFrom({ lookback_window_seconds: 60 }, one.states.at(-1))
      expect(since()).toBe('2024-01-01T23:59:00Z')
      expect(idsOf(two)).toEqual([1, 2, 4])
      expect(two.states.at(-1)).toEqual(one.states.at(-1))
    })

    it('with a parameter in another form than the cursor', async () => {
      reply = () => [{ id: 1, at: '2024-01-02T00:00:00.5Z' }]
      const one = await readFrom({ parameter_format: 'unix_seconds' })
      const two = await readFrom({ parameter_format: 'unix_seconds' }, one.states.at(-1))
      expect(since()).toBe('1704153600')
      expect(two.rows).toEqual([])
    })

    it('an empty first sync, then a first record, then an answer without the list', async () => {
      reply = () => ({ items: [] })
      const more = { records_path: 'items', incremental }
      const readNext = (state?: Record<string, unknown>) =>
        readStream(sourceRest, configOf(more), { ...stream, ...wanted }, state)
      const one = await readNext()
      expect(one.states).toHaveLength(1)
      reply = () => ({ items: [{ id: 1, at: 5 }] })
      const two = await readNext(one.states.at(-1))
      expect(idsOf(two)).toEqual([1])
      reply = () => ({ kind: 'list' })
      expect((await readNext(two.states.at(-1))).states.at(-1)).toEqual(two.states.at(-1))
    })

    it('the cursor though it is not among the wanted fields', async () => {
      reply = () => [{ id: 1, at: 7 }]
      const given = { ...stream, ...wanted, fields: ['id'] }
      const { rows, states } = await readStream(sourceRest, configOf({ incremental }), given)
      expect(rows).toEqual([{ id: 1n }])
      expect(states.at(-1)).toMatchObject({ cursor: '7' })
    })
  })

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
    const given = () => ({ ...configOf(config), url: `${api.origin}/v1` })
    const answer: Reply = (query, request) => {
      if (request.method === 'POST') return bodyOf(request).page === 1 ? [{ hit: request.body }] : []
      return query.get('page') === '2' ? [] : [{ id: 1, at: 1, path: request.url }]
    }

    it('are discovered, checked and read, each by its own words and by those of all', async () => {
      reply = answer
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
      reply = () => [{ id: 1 }]
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
      expect(() => sourceRest.parseConfig(configOf(more))).toThrow(
        expect.objectContaining({ errors: expect.arrayContaining([expect.objectContaining({ pointer })]) }),
      )
    })
  })
})
