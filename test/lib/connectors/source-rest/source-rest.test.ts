import { sourceRest } from '../../../../lib/connectors/source-rest/index.ts'
import { describeSource } from '../../../conformance/source.ts'
import { startApi } from '../../../support/json-api.ts'
import { streamOf } from '../../../support/sync.ts'

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
