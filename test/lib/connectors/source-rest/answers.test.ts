import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Reply, startApi } from '../../../support/json-api.ts'
import { idsOf, RestApi } from './rest-api.ts'

const rest = new RestApi()

describe('an answer', () => {
  let other: Awaited<ReturnType<typeof startApi>>

  beforeAll(async () => {
    other = await startApi((_query, request) => [{ id: 1, header: request.headers.authorization ?? 'none' }])
  })

  afterAll(() => other?.stop())

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
    rest.reply = given
    expect(idsOf(await rest.read())).toEqual([1])
  })

  it('as NDJSON of several lines, with a list in each', async () => {
    rest.reply = send('{"id":1,"items":[1]}\n{"id":2,"items":[]}\n\n{"id":3,"items":[3]}', {
      'content-type': 'text/plain',
    })
    expect((await rest.read()).rows.map(({ id, items }) => [id, items])).toEqual([
      [1n, '[1]'],
      [2n, '[]'],
      [3n, '[3]'],
    ])
  })

  it('in latin1', async () => {
    rest.reply = send(Buffer.from('[{"id":1,"name":"Grüße"}]', 'latin1'), {
      'content-type': 'application/json; charset=ISO-8859-1',
    })
    expect((await rest.read()).rows).toEqual([{ id: 1n, name: 'Grüße' }])
    rest.reply = send(Buffer.from('[{"id":1,"name":"Grüße"}]', 'latin1'), {})
    await expect(rest.read()).rejects.toThrow('not in the charset UTF-8')
  })

  it.each([
    ['204', ''],
    ['a list that is null', '{"data":null,"total":0}'],
    ['null', 'null'],
  ])('without records: %s', async (_, json) => {
    rest.reply = (_query, _request, response) => void response.writeHead(json ? 200 : 204).end(json)
    expect((await rest.read()).rows).toEqual([])
  })

  it('without records where the path says', async () => {
    rest.reply = send('{"a":{"b":null}}', {})
    expect((await rest.read({ records_path: 'a.b' })).rows).toEqual([])
  })

  it.each([
    ['{"ok":false,"error":"invalid_auth canary"}', 'invalid_auth **********'],
    ['{"errors":[{"message":"No such field"}],"data":null}', 'No such field'],
    ['{"success":false,"message":"Quota"}', 'Quota'],
    ['{"status":"error","message":"Down"}', 'Down'],
  ])('that says with 200 that it failed: %s', async (json, message) => {
    rest.reply = send(json, {})
    const faults = await rest.check({ api_key: 'canary' })
    expect(faults).toEqual([{ pointer: '/url', message: expect.stringContaining(message) }])
    expect(faults[0]?.message).not.toContain('canary')
  })

  it('of GraphQL with errors beside its data', async () => {
    rest.reply = send('{"data":{"items":[{"id":1},null]},"errors":[{"message":"Cannot resolve"}]}', {})
    await expect(rest.read({ records_path: 'data.items' })).rejects.toThrow('Cannot resolve')
  })

  it.each([
    ['with several lists', '{"orders":[{"id":1}],"users":[{"id":2}]}', {}, '/records_path', 'orders, users'],
    ['with nothing at the path', '{"orders":[]}', { records_path: '/items' }, '/records_path', 'it has: orders'],
    ['as a web page', '<!doctype html><p>Log in', {}, '/url', 'HTML page'],
    ['as XML', '<a/>', {}, '/url', 'did not answer with JSON but with application/xml'],
    ['with NaN', '[{"a":NaN}]', {}, '/url', '"NaN}]" at byte 6'],
  ])('that cannot be read, %s', async (_, body, more, pointer, message) => {
    rest.reply = send(body, { 'content-type': 'application/xml' })
    expect(await rest.check(more)).toEqual([{ pointer, message: expect.stringContaining(message) }])
  })

  it('that breaks off, once more from the start', async () => {
    const [whole, half] = ['[{"id":1}]', '[{"id":']
    let cuts = 2
    rest.reply = (_query, _request, response) => {
      if (cuts-- === 0) return whole
      response.writeHead(200, { 'content-length': whole.length })
      response.write(half, () => response.destroy())
      return undefined
    }
    expect(idsOf(await rest.read())).toEqual([1])
  })

  it('that breaks off unnoticed: as a failure that may pass', async () => {
    rest.reply = send('[{"id":1},{"id":', {})
    await expect(rest.read()).rejects.toMatchObject({
      code: 'connector_transient',
      message: expect.stringMatching(/16 bytes/),
    })
  })

  it('that trickles: until its time is over', async () => {
    rest.reply = (_query, _request, response) => void response.writeHead(200).write('[')
    expect(await rest.check({ timeout_seconds: 1 })).toEqual([
      { pointer: '/url', message: expect.stringContaining('no answer within 1 s') },
    ])
  })

  it('nested to any depth', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    rest.reply = send(`[{"id":1,"deep":${deep}}]`, {})
    expect((await rest.read()).rows).toEqual([{ id: 1n, deep }])
  })

  it('elsewhere, without the key', async () => {
    rest.reply = (_query, _request, response) => void response.writeHead(302, { location: `${other.origin}/x` }).end()
    expect((await rest.read({ api_key: 'canary', headers: { 'X-Secret': 'canary' } })).rows).toEqual([
      { id: 1n, header: 'none' },
    ])
    expect(JSON.stringify(other.requests.map(({ headers, url }) => [headers, url]))).not.toContain('canary')
  })
})

describe('a record', () => {
  it('records with keys of every kind', async () => {
    rest.reply = () =>
      `[{"id": 1, "Id": 2, "ID": 3, "": "e", "__proto__": "p", "constructor": 4, "a\\u0062": 5, "nul\\u0000": "x\\u0000y"},
        {"ID": 6, "id": 7, "ab": 8, "half": "\\ud800"}, 9, {"id": 10, "id": 11}]`
    const result = await rest.read()
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

  it('keys that look alike only as they are written', async () => {
    rest.reply = () => String.raw`[{"a\\nb": 1}, {"a\nb": 2}, {"\u0061\\nb": 3}]`
    const { rows } = await rest.read()
    expect(rows).toEqual([
      { 'a\\nb': 1n, 'a\nb': null },
      { 'a\\nb': null, 'a\nb': 2n },
      { 'a\\nb': 3n, 'a\nb': null },
    ])
  })

  it('numbers in every form as the type of their column', async () => {
    rest.reply = () =>
      '[{"id": 1E2, "price": 0.1000}, {"id": -12, "price": -1e-9}, {"id": 9223372036854775807, "price": 12345678901234567890123456789.5}, {"id": 10.0, "price": 999999999999999}, {"id": -0, "price": 1e400}]'
    const { rows, changes } = await rest.read({}, { fields: ['id', 'price'] })
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
    rest.reply = (query) =>
      query.get('page') === '1'
        ? `[${sample.slice(0, -1)}]`
        : query.get('page') === '2'
          ? '[{"id": 1E2, "price": 0.1000}, {"id": -12, "price": -1e-9}, {"id": 9223372036854775807, "price": 12345678901234567890123456789.5}, {"id": 10.0, "price": 999999999999999}, {"id": -9007199254740993, "price": -123456789.123456789}, {"id": -0, "price": 1e400}]'
          : []
    const typed = await rest.read({ pagination: { type: 'page' } })
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
    rest.reply = (query) =>
      query.get('page') === '1' ? first : query.get('page') === '2' ? [{ id: 1, late: 1.5 }] : []
    const { rows, changes } = await rest.read({ pagination: { type: 'page' } }, { asText: ['late'] })
    expect(rows.at(-1)).toEqual({ id: 1n, late: '1.5' })
    expect(changes).toEqual([])
  })

  it('Basic authorization from a user and a password, which no message has', async () => {
    rest.reply = (_query, request, response) =>
      void response.writeHead(401).end(`wrong: ${request.headers.authorization}, canary:pass-word, pass-word`)
    const faults = await rest.check({ api_key: 'canary:pass-word', api_key_scheme: 'Basic' })
    expect(rest.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('canary:pass-word').toString('base64')}`)
    expect(faults[0]?.pointer).toBe('/api_key')
    expect(faults[0]?.message).not.toMatch(/canary|pass-word|Y2FuYXJ5/)
  })
})
