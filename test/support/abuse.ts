import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { openApiFile } from '../../lib/deploy/openapi.ts'
import { examples } from '../../lib/http/contracts/examples.ts'

/** A request as bytes on a wire, except that it has to be HTTP. */
export interface WireRequest {
  name: string
  method: string
  /** Already encoded, with its query. */
  path: string
  headers: Record<string, string>
  body?: Buffer
}

const { paths } = JSON.parse(readFileSync(openApiFile, 'utf8')) as { paths: Record<string, Record<string, unknown>> }

export const routes: readonly (readonly [method: string, path: string])[] = Object.entries(paths).flatMap(
  ([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
)

const json = { 'content-type': 'application/json' }
const id = '7e1f3a52-0c5b-4c1e-9a53-1d2f6c0b8a11'
const text = (body: string) => Buffer.from(body)
const create = (name: string, body: Buffer | string, headers: Record<string, string> = json): WireRequest => ({
  name,
  method: 'POST',
  path: '/datasource',
  headers,
  body: typeof body === 'string' ? text(body) : body,
})
const get = (name: string, path: string, headers: Record<string, string> = {}): WireRequest => ({
  name,
  method: 'GET',
  path,
  headers,
})
const datasource = (config: unknown) => JSON.stringify({ name: 'a', type: 'postgres', config })

/** Requests that have broken some service somewhere. */
export const corpus: readonly WireRequest[] = [
  create('no body', ''),
  create('half an object', '{"name":'),
  create('a list', '[]'),
  create('null', 'null'),
  create('a text', '"x"'),
  create('a number beyond a double', '{"name":"a","type":"postgres","config":{"port":1e999}}'),
  create('a number of 10,000 digits', `{"name":"a","type":"postgres","config":{"port":${'9'.repeat(10_000)}}}`),
  create('invalid UTF-8', Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])),
  create('a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text(datasource({}))])),
  create('UTF-16', Buffer.from(datasource({}), 'utf16le')),
  create('half a surrogate pair', '{"name":"\\ud800","type":"postgres","config":{}}'),
  create('a NUL', '{"name":"a\\u0000b","type":"postgres","config":{}}'),
  create('__proto__', '{"__proto__":{"admin":true},"name":"a","type":"postgres","config":{}}'),
  create('constructor.prototype', '{"name":"a","type":"postgres","config":{"constructor":{"prototype":{"x":1}}}}'),
  create('names of Object’s own', '{"name":"a","type":"toString","config":{"hasOwnProperty":1,"toString":2}}'),
  create('a type called constructor', '{"name":"a","type":"constructor","config":{}}'),
  create('a depth of 100,000', `{"name":"a","type":"postgres","config":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  create('a text of 10 MB', datasource({ password: 'x'.repeat(10_000_000) })),
  create('a text of 4 MB', datasource({ password: 'x'.repeat(4_000_000) })),
  create(
    '100,000 unknown fields',
    JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`f${i}`, i]))),
  ),
  create('a name of 1 MB', `{"${'x'.repeat(1_000_000)}":1}`),
  create('the same field twice', '{"name":"a","name":"b","type":"postgres","config":{}}'),
  create('text as JSON', 'name=a&type=postgres'),
  create('a form', 'name=a&type=postgres', { 'content-type': 'application/x-www-form-urlencoded' }),
  create('XML', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', { 'content-type': 'text/xml' }),
  create('no content type', datasource({}), {}),
  create('a content type of 8 KB', datasource({}), { 'content-type': `application/json; x=${'y'.repeat(8_000)}` }),
  create('another charset', datasource({}), { 'content-type': 'application/json; charset=utf-7' }),
  create('a body said to be gzip', datasource({}), { ...json, 'content-encoding': 'gzip' }),
  create('a pattern that backtracks', datasource({ host: `${'a'.repeat(50_000)}!` })),
  create('a long Idempotency-Key', datasource({}), { ...json, 'idempotency-key': 'k'.repeat(5_000) }),
  {
    name: '10,000 streams',
    method: 'POST',
    path: '/ingestion',
    headers: json,
    body: text(
      JSON.stringify({
        sourceId: id,
        sinkId: id,
        streams: Array.from({ length: 10_000 }, (_, i) => ({ name: `s${i}` })),
      }),
    ),
  },
  {
    name: '10,000 wrong streams',
    method: 'POST',
    path: '/ingestion',
    headers: json,
    body: text(
      JSON.stringify({ sourceId: id, sinkId: id, streams: Array.from({ length: 10_000 }, () => ({ nom: 1 })) }),
    ),
  },
  {
    name: 'a cron line that goes on',
    method: 'POST',
    path: '/ingestion',
    headers: json,
    body: text(
      JSON.stringify({ sourceId: id, sinkId: id, schedule: { cron: '*/1,'.repeat(40), timezone: '../../etc' } }),
    ),
  },
  get('dots', '/datasource/..%2f..%2fetc%2fpasswd'),
  get('a NUL in the path', '/datasource/a%00b'),
  get('a path that is no encoding', '/datasource/%E0%A4%A'),
  get('a path of 8 KB', `/datasource/${'a'.repeat(8_000)}`),
  get('slashes', '//datasource//'),
  get('a negative job', '/sync/-1'),
  get('a job beyond 2^53', '/sync/99999999999999999999'),
  get('a job in hexadecimal', '/sync/0x10'),
  get('a limit of nothing', '/datasource?limit='),
  get('limits', '/datasource?limit=1&limit=2'),
  get('a limit of a million', '/datasource?limit=1000000'),
  get('a cursor of 6 KB', `/datasource?cursor=${'a'.repeat(6_000)}`),
  get('a cursor of another', '/datasource?cursor=eyJhIjoxfQ'),
  get('a query of prototypes', '/datasource?__proto__[a]=1&constructor=2'),
  get('a host of another', '/datasource', { host: '127.0.0.1', 'x-forwarded-host': 'evil.example' }),
  get('a method in a header', '/datasource', { 'x-http-method-override': 'DELETE' }),
  get('a header of 12 KB', '/datasource', { 'x-long': 'a'.repeat(12_000) }),
  { name: 'a method that does not fit', method: 'PUT', path: '/datasource', headers: json, body: text('{}') },
  { name: 'TRACE', method: 'TRACE', path: '/datasource', headers: {} },
  { name: 'OPTIONS', method: 'OPTIONS', path: '/datasource', headers: { origin: 'http://127.0.0.1' } },
  { name: 'a DELETE with a body', method: 'DELETE', path: `/datasource/${id}`, headers: json, body: text('{"a":1}') },
]

/** Values that are JSON, mostly of the wrong kind. */
const anyJson = fc.jsonValue({ maxDepth: 4 })
const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '__proto__',
    'constructor',
    '../..',
    '%00',
    '%{jndi:x}',
    "' or 1=1 --",
    '<script>',
    id,
    '0',
    '-1',
    '1e309',
  ),
)

/** An example with one of its members, at some depth, replaced or added. */
const mutated = (example: unknown): fc.Arbitrary<unknown> => {
  if (typeof example !== 'object' || example === null) return fc.oneof(anyJson, hostileText)
  const keys = Object.keys(example)
  return fc
    .tuple(fc.oneof(fc.constantFrom(...keys, 'config'), hostileText), fc.boolean(), anyJson, hostileText)
    .chain(([key, isDeep, value, words]) => {
      const inner = (example as Record<string, unknown>)[key]
      const changed = isDeep && inner !== undefined ? mutated(inner) : fc.constantFrom(value, words, undefined)
      return changed.map((member) => Object.fromEntries([...Object.entries(example), [key, member]]))
    })
}

/** Requests near to what the routes take. */
export const nearRequests: fc.Arbitrary<WireRequest> = fc
  .tuple(
    fc.constantFrom(...routes),
    fc.array(
      fc.tuple(
        fc.oneof(fc.constantFrom('limit', 'cursor', 'dryRun', 'name', 'refresh', 'kind'), hostileText),
        hostileText,
      ),
      {
        maxLength: 2,
      },
    ),
    hostileText,
    fc.constantFrom(json, json, json, { 'content-type': 'text/plain' }, {}),
  )
  .chain(([[method, path], query, segment, headers]) => {
    const example = examples[`${method} ${path}`]
    const bodies: fc.Arbitrary<string | undefined> =
      method === 'GET' || method === 'DELETE'
        ? fc.constant(undefined)
        : fc.oneof(
            mutated(example ?? {}).map((value) => JSON.stringify(value)),
            anyJson.map((value) => JSON.stringify(value)),
            hostileText,
          )
    const search = query.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')
    return bodies.map((body) => ({
      name: `${method} ${path}`,
      method,
      path: path.replaceAll(/{\w+}/g, () => encoded(segment) || '%20') + (search ? `?${search}` : ''),
      headers,
      ...(body === undefined ? {} : { body: text(body) }),
    }))
  })

/** Half surrogates have no encoding. */
const encoded = (value: string): string => encodeURIComponent(value.toWellFormed())
