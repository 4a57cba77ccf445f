import * as z from 'zod'
import { parseWith } from '../config-schema.ts'
import { setParameter } from './query.ts'
import { nameOf, under, urlFault } from './resource-url.ts'
import { headerSecrets, querySecrets, spellingsOf } from './secrets.ts'

interface PageSize {
  readonly pageSize: number | undefined
  readonly sizeParameter: string | undefined
}

/** How pages follow one another. */
export type Paging = PageSize &
  (
    | { readonly type: 'none' }
    | { readonly type: 'page'; readonly pageParameter: string; readonly startPage: number }
    | { readonly type: 'offset'; readonly offsetParameter: string }
    | { readonly type: 'cursor'; readonly cursorPath: string; readonly cursorParameter: string }
    | { readonly type: 'link_header' }
  )

export interface Incremental {
  readonly cursorField: string
  readonly queryParameter: string
  readonly startValue: string | undefined
  readonly format: ParameterFormat
  readonly lookbackSeconds: number
}

export const parameterFormats = ['as_is', 'date', 'datetime', 'unix_seconds', 'unix_milliseconds'] as const
export type ParameterFormat = (typeof parameterFormats)[number]

export interface RestStream {
  readonly name: string
  /** Without fragment, user, password and API key; the fixed query parameters are in it. */
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly body: unknown
  /** Where parameters of paging and of the cursor go. */
  readonly parameterLocation: 'query' | 'body'
  readonly recordsPath: string | undefined
  readonly paging: Paging
  readonly primaryKey: readonly string[]
  readonly incremental: Incremental | undefined
}

export interface RestConfig {
  readonly streams: readonly RestStream[]
  /** Secrets among them. */
  readonly headers: Readonly<Record<string, string>>
  /** The API key, where it goes into the query. */
  readonly keyParameter: { readonly name: string; readonly value: string } | undefined
  /** Texts that no message may hold, see secrets.ts. */
  readonly secrets: readonly string[]
  readonly minIntervalMs: number
  readonly timeoutMs: number
  readonly maxPages: number
  readonly maxResponseBytes: number
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const headerName = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/
/** What stands in no header. */
const notInHeader = /[^\t\x20-\x7e\x80-\xff]/
/** These say how a message goes over the wire, not what it means. */
const wireHeader = /^(connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade)$/i
const sizes = {
  page_size: z.coerce.number('is not a number').int('is not a whole number').min(1, 'is below 1').optional(),
  size_parameter: z.string().min(1).optional(),
}

const paging = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('none') }),
    z.object({
      type: z.literal('page'),
      page_parameter: z.string().min(1).default('page'),
      start_page: z.coerce.number().int().min(0).default(1),
      ...sizes,
    }),
    z.object({
      type: z.literal('offset'),
      offset_parameter: z.string().min(1).default('offset'),
      ...sizes,
      size_parameter: z.string().min(1).default('limit'),
      page_size: sizes.page_size.default(100),
    }),
    z.object({
      type: z.literal('cursor'),
      cursor_path: z.string('is missing: say where the answer has the token of the next page').min(1, 'is empty'),
      cursor_parameter: z.string().min(1).default('cursor'),
      ...sizes,
    }),
    z.object({ type: z.literal('link_header'), ...sizes }),
  ],
  { error: 'has no known type: use none, page, offset, cursor or link_header' },
)

/** What a stream of its own may say differently. */
const perStream = {
  method: z
    .string()
    .transform((value) => value.toUpperCase())
    .pipe(z.enum(['GET', 'POST'], { error: (issue) => `is "${issue.input}": use GET or POST` }))
    .optional(),
  records_path: z.string().optional(),
  query: z.record(z.string(), scalar).default({}),
  body: z.unknown().optional(),
  parameter_location: z.enum(['query', 'body'], 'must be "query" or "body"').optional(),
  pagination: paging.optional(),
  primary_key: z.array(z.string()).optional(),
  incremental: z
    .object({
      cursor_field: z.string().min(1, 'is empty'),
      query_parameter: z.string().min(1, 'is empty'),
      start_value: scalar.optional(),
      parameter_format: z.enum(parameterFormats, `must be one of ${parameterFormats.join(', ')}`).default('as_is'),
      lookback_window_seconds: z.coerce.number().int('is not a whole number').min(0, 'is below 0').default(0),
    })
    .nullable()
    .optional(),
}

const shape = z
  .object({
    url: z.string('is missing: give the address of the records').superRefine((text, context) => {
      const fault = urlFault(text)
      if (fault) context.addIssue({ code: 'custom', message: fault })
    }),
    api_key: z.string().default(''),
    stream_name: z.string().default(''),
    ...perStream,
    streams: z
      .array(
        z.object({
          name: z.string().default(''),
          path: z
            .string()
            .refine((path) => !/^[a-z]+:\/\//i.test(path), 'is a URL: give what follows after url')
            .default(''),
          ...perStream,
        }),
      )
      .min(1, 'is empty: leave it out for one stream')
      .optional(),
    headers: z.record(z.string().regex(headerName, 'is no header name'), scalar).default({}),
    api_key_location: z.enum(['header', 'query'], 'must be "header" or "query"').default('header'),
    api_key_name: z.string().optional(),
    api_key_scheme: z.string().optional(),
    requests_per_second: z.coerce.number().min(0.001, 'is below 0.001').default(10),
    timeout_seconds: z.coerce.number().min(1, 'is below 1').max(600, 'is above 600').default(60),
    max_pages: z.coerce.number().int().min(1).default(100_000),
    max_response_mb: z.coerce.number().min(1).max(1024, 'is above 1024').default(64),
  })
  .superRefine((given, context) => {
    const fault = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
    if (/[\r\n\0]/.test(given.api_key)) fault(['api_key'], 'contains a line break')
    else if (given.api_key_location === 'header' && notInHeader.test(given.api_key))
      fault(
        ['api_key'],
        'has a character that no header can carry; copy it once more, or set api_key_location to "query"',
      )
    if (notInHeader.test(given.api_key_scheme ?? ''))
      fault(['api_key_scheme'], 'has a character that no header can carry')
    for (const [name, value] of Object.entries(given.headers)) {
      if (notInHeader.test(value)) fault(['headers'], `has a character in "${name}" that no header can carry`)
      if (wireHeader.test(name)) fault(['headers'], `has "${name}", which the engine sets itself: leave it out`)
    }
    if (given.api_key_location === 'header' && given.api_key_name && !headerName.test(given.api_key_name)) {
      fault(['api_key_name'], 'is no header name')
    }
    if (given.streams && given.stream_name) fault(['stream_name'], 'is set beside streams: name each of them')
    if (!URL.canParse(given.url)) return
    const names = new Set<string>()
    for (const [index, stream] of streamsOf(given).entries()) {
      const at = given.streams ? ['streams', index] : []
      if (stream.method === 'GET' && stream.body !== undefined)
        fault([...at, 'body'], 'is set, and a GET has none: set method to POST')
      if (stream.parameterLocation === 'body' && (stream.method === 'GET' || !isObject(stream.body ?? {})))
        fault([...at, 'parameter_location'], 'is "body", which needs POST and a body that is an object')
      if (names.has(stream.name)) fault([...at, 'name'], `is "${stream.name}", as of another stream`)
      names.add(stream.name)
    }
  })

type Given = z.infer<typeof shape>
type GivenStream = NonNullable<Given['streams']>[number]

/** See Connector.parseConfig. */
export const parseConfig = (json: unknown): RestConfig => {
  const given = parseWith(shape, json, 'REST API source')
  const headers: Record<string, string> = { accept: 'application/json' }
  for (const [name, value] of Object.entries(given.headers)) headers[name.toLowerCase()] = value
  const key = { value: given.api_key, secrets: [given.api_key] }
  if (given.api_key && given.api_key_location === 'header') {
    const name = (given.api_key_name ?? 'Authorization').toLowerCase()
    const scheme = given.api_key_scheme ?? (name === 'authorization' ? 'Bearer' : '')
    // RFC 7617. What is encoded already has no colon.
    if (/^basic$/i.test(scheme) && key.value.includes(':')) {
      key.value = Buffer.from(key.value).toString('base64')
      key.secrets.push(key.value, given.api_key.slice(given.api_key.indexOf(':') + 1))
    }
    headers[name] = scheme ? `${scheme} ${key.value}` : key.value
  }
  const streams = streamsOf(given)
  const secrets = [
    ...key.secrets,
    ...Object.values(given.headers).flatMap(headerSecrets),
    ...streams.flatMap(({ url }) => querySecrets(url)),
  ]
  return {
    streams,
    headers,
    keyParameter:
      given.api_key && given.api_key_location === 'query'
        ? { name: given.api_key_name ?? 'api_key', value: given.api_key }
        : undefined,
    secrets: spellingsOf(secrets),
    minIntervalMs: 1000 / given.requests_per_second,
    timeoutMs: given.timeout_seconds * 1000,
    maxPages: given.max_pages,
    maxResponseBytes: given.max_response_mb << 20,
  }
}

const streamsOf = (given: Given): readonly RestStream[] =>
  given.streams?.map((stream) => streamOf(given, stream)) ?? [
    streamOf(given, { name: given.stream_name, path: '', query: {} }),
  ]

const streamOf = (given: Given, own: GivenStream): RestStream => {
  const method = own.method ?? given.method ?? 'GET'
  const body = own.body ?? (method === 'GET' && own.method ? undefined : given.body)
  const incremental = own.incremental === undefined ? given.incremental : own.incremental
  const url = under(given.url, own.path)
  for (const [name, value] of Object.entries({ ...given.query, ...own.query })) setParameter(url, name, value)
  return {
    name: own.name || nameOf(url),
    url,
    method,
    body,
    parameterLocation:
      own.parameter_location ?? given.parameter_location ?? (method === 'POST' && isObject(body) ? 'body' : 'query'),
    recordsPath: own.records_path || given.records_path || undefined,
    paging: pagingOf(own.pagination ?? given.pagination ?? { type: 'none' }),
    primaryKey: own.primary_key ?? given.primary_key ?? [],
    incremental: incremental
      ? {
          cursorField: incremental.cursor_field,
          queryParameter: incremental.query_parameter,
          startValue: incremental.start_value,
          format: incremental.parameter_format,
          lookbackSeconds: incremental.lookback_window_seconds,
        }
      : undefined,
  }
}

const pagingOf = (given: z.infer<typeof paging>): Paging => {
  if (given.type === 'none') return { type: 'none', pageSize: undefined, sizeParameter: undefined }
  const size = { pageSize: given.page_size, sizeParameter: given.size_parameter }
  switch (given.type) {
    case 'page':
      return { type: 'page', ...size, pageParameter: given.page_parameter, startPage: given.start_page }
    case 'offset':
      return { type: 'offset', ...size, offsetParameter: given.offset_parameter }
    case 'cursor':
      return { type: 'cursor', ...size, cursorPath: given.cursor_path, cursorParameter: given.cursor_parameter }
    case 'link_header':
      return { type: 'link_header', ...size }
  }
}

const isObject = (body: unknown): boolean => typeof body === 'object' && body !== null && !Array.isArray(body)
