import type { Socket } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourceRest } from '../../../../lib/connectors/source-rest/index.ts'
import { type Reply, startApi } from '../../../support/json-api.ts'
import { idsOf, RestApi, stream } from './rest-api.ts'

const rest = new RestApi()

describe('a large answer', () => {
  const note = 'x'.repeat(8_000)
  const records = Array.from({ length: 300 }, (_, id) => JSON.stringify({ id, note }))
  const start = `{"data":[${records.join(',')}`
  /** More than that is large. */
  const little = { max_response_mb: 1 }
  const byCursor = (path: string) => ({ ...little, pagination: { type: 'cursor', cursor_path: path } })

  it.each([
    ['a token', 'next', '"7"', '7'],
    ['its last record', 'data.-1.id', '""', '299'],
  ])('is read in parts, and the page that %s names', async (_, path, next, cursor) => {
    rest.reply = (query) => (query.has('cursor') ? '{"data":[]}' : `${start}],"next":${next}}`)
    const { rows } = await rest.read(byCursor(path))
    expect(rows.map(({ id }) => Number(id))).toEqual(records.keys().toArray())
    expect(rest.requests.map(({ url }) => url)).toEqual(['/v1/items', `/v1/items?cursor=${cursor}`])
  })

  it('is not read in parts where another record names the next page', async () => {
    rest.reply = () => `${start}]}`
    await expect(rest.read(byCursor('data.0.id'))).rejects.toMatchObject({ errors: [{ pointer: '/max_response_mb' }] })
  })

  it('that is read by one who wants no more is not read to its end', async () => {
    let closed = false
    rest.reply = (_query, _request, response) => {
      response.on('close', () => {
        closed = !response.writableFinished
      })
      response.writeHead(200).write(`${start},`)
      return undefined
    }
    expect(await rest.check(little)).toEqual([])
    await expect.poll(() => closed).toBe(true)
  })

  it.each([
    ['breaks off', '', 'connector_transient', `after ${start.length} bytes`],
    ['is wrong', ',nope]}', 'connector_config', `"ope]}" at byte ${start.length + 2}`],
  ])('that %s fails where it does', async (_, end, code, message) => {
    rest.reply = () => start + end
    await expect(rest.read(little)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  it('whose connection is lost fails, for what it began with has been handed over', async () => {
    rest.reply = (_query, _request, response) => {
      response.writeHead(200).write(start, () => response.destroy())
      return undefined
    }
    await expect(rest.read(little)).rejects.toMatchObject({ code: 'connector_transient' })
    expect(rest.requests).toHaveLength(1)
  })

  it('that has no record to hand over ends the read', async () => {
    rest.reply = () => JSON.stringify('x'.repeat(2 << 20))
    await expect(rest.read(little)).rejects.toMatchObject({ errors: [{ pointer: '/max_response_mb' }] })
  })
})

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
    ['with deflate, without its frame', send(deflateRawSync('[{"id":1}]'), { 'content-encoding': 'deflate' })],
    ['with two codings', send(gzipSync(brotliCompressSync('[{"id":1}]')), { 'content-encoding': 'br, gzip' })],
    ['with a byte order mark', send('\ufeff[{"id":1}]', {})],
    ['as NDJSON', send('{"id":1}\n', { 'content-type': 'application/x-ndjson' })],
    ['as NDJSON with a list in it', send('{"id":1,"items":[{"id":2}]}\n', { 'content-type': 'application/jsonl' })],
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

  it.each([
    ['its end', gzipSync('{"id":1}\n').subarray(0, -5), 'gzip', '/url', 'Z_BUF_ERROR'],
    ['what was said', Buffer.from('[{"id":1}]'), 'gzip', '/url', 'Z_DATA_ERROR'],
    ['a coding that is understood', Buffer.from('[{"id":1}]'), 'compress', '/headers', '"compress"'],
  ])('with a compression that lacks %s', async (_, body, coding, pointer, message) => {
    rest.reply = send(body, { 'content-encoding': coding })
    expect(await rest.check()).toEqual([{ pointer, message: expect.stringContaining(message) }])
  })

  it('that has no bytes to decompress', async () => {
    rest.reply = send('', { 'content-encoding': 'gzip' })
    expect((await rest.read()).rows).toEqual([])
  })

  describe('that lasts until its connection ends', () => {
    /** Sends its beginning, and does the rest once the reader has had the time to read that. */
    const begin =
      (then: (socket: Socket) => void): Reply =>
      (_query, _request, { socket }) =>
        void socket?.write('HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n\r\n{"id":1}\n', () =>
          setImmediate(() => setImmediate(() => then(socket))),
        )

    it('and ends so', async () => {
      rest.reply = begin((socket) => socket.end())
      expect(idsOf(await rest.read())).toEqual([1])
    })

    it('is not whole when the connection breaks', async () => {
      rest.reply = begin((socket) => socket.resetAndDestroy())
      expect(await rest.check()).toEqual([{ pointer: '/url', message: expect.stringContaining('ECONNRESET') }])
    })

    it('is not whole when its time is over', async () => {
      rest.reply = begin(() => undefined)
      expect(await rest.check({ timeout_seconds: 1 })).toEqual([
        { pointer: '/url', message: expect.stringContaining('no answer within 1 s') },
      ])
    })

    it('is not whole when it is aborted', async () => {
      const abort = new AbortController()
      rest.reply = begin(() => abort.abort(new Error('cancelled')))
      const config = sourceRest.parseConfig(rest.configOf())
      await using open = await sourceRest.open(config, abort.signal)
      await expect(open.read(stream, undefined, abort.signal)).rejects.toThrow('cancelled')
    })
  })

  it('that is none, as 101, is a lost connection', async () => {
    rest.reply = (_query, _request, response) =>
      void response.writeHead(101, { upgrade: 'websocket', connection: 'upgrade' }).end()
    expect(await rest.check()).toEqual([{ pointer: '/url', message: expect.stringContaining('ECONNRESET') }])
  })

  it('nested to any depth', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    rest.reply = send(`[{"id":1,"deep":${deep}}]`, {})
    expect((await rest.read()).rows).toEqual([{ id: 1n, deep }])
  })

  it.each([
    ['a list', '[{"id": 1}]', {}],
    ['the one list in the answer', '{"count": 1, "stuff": [{"id": 1}]}', {}],
    ['the usual list among others', '{"errors": [], "data": [{"id": 1}]}', {}],
    ['a path', '{"a": [{"b/c": [{"id": 1}]}], "data": []}', { records_path: '/a/0/b~1c' }],
    ['dots', '{"a": {"b": [{"id": 1}]}}', { records_path: 'a.b' }],
    ['one record', '{"id": 1, "name": "x"}', {}],
  ])('records are found in %s', async (_, json, more) => {
    rest.reply = () => json
    expect(idsOf(await rest.read(more))).toEqual([1])
  })

  it('an empty answer has no records', async () => {
    for (const json of ['[]', '{}', '{"data": []}', '']) {
      rest.reply = () => json
      expect((await rest.read()).rows).toEqual([])
    }
  })

  it('elsewhere, without the key', async () => {
    rest.reply = (_query, _request, response) => void response.writeHead(302, { location: `${other.origin}/x` }).end()
    expect((await rest.read({ api_key: 'canary', headers: { 'X-Secret': 'canary' } })).rows).toEqual([
      { id: 1n, header: 'none' },
    ])
    expect(JSON.stringify(other.requests.map(({ headers, url }) => [headers, url]))).not.toContain('canary')
  })
})
