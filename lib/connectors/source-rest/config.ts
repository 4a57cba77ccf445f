import * as z from 'zod'
import { parseWith } from '../config-schema.ts'

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
}

export interface RestConfig {
  /** Without fragment, user or password; the fixed query parameters are in it. */
  readonly url: URL
  readonly method: 'GET' | 'POST'
  /** Secrets among them. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body: string | undefined
  /** Texts that no message may hold. */
  readonly secrets: readonly string[]
  readonly streamName: string
  readonly recordsPath: string | undefined
  readonly paging: Paging
  readonly primaryKey: readonly string[]
  readonly incremental: Incremental | undefined
  readonly minIntervalMs: number
  readonly timeoutMs: number
  readonly maxPages: number
  readonly maxResponseBytes: number
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const headerName = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/
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

const shape = z
  .object({
    url: z.string('is missing: give the address of the records').superRefine((text, context) => {
      const fault = urlFault(text)
      if (fault) context.addIssue({ code: 'custom', message: fault })
    }),
    api_key: z.string().default(''),
    method: z
      .string()
      .default('GET')
      .transform((value) => value.toUpperCase())
      .pipe(z.enum(['GET', 'POST'], { error: (issue) => `is "${issue.input}": use GET or POST` })),
    stream_name: z.string().default(''),
    records_path: z.string().optional(),
    headers: z.record(z.string().regex(headerName, 'is no header name'), scalar).default({}),
    query: z.record(z.string(), scalar).default({}),
    body: z.unknown().optional(),
    api_key_location: z.enum(['header', 'query'], 'must be "header" or "query"').default('header'),
    api_key_name: z.string().optional(),
    api_key_scheme: z.string().optional(),
    pagination: paging.default({ type: 'none' }),
    primary_key: z.array(z.string()).default([]),
    incremental: z
      .object({
        cursor_field: z.string().min(1, 'is empty'),
        query_parameter: z.string().min(1, 'is empty'),
        start_value: scalar.optional(),
      })
      .optional(),
    requests_per_second: z.coerce.number().positive('must be above 0').default(10),
    timeout_seconds: z.coerce.number().min(1, 'is below 1').max(600, 'is above 600').default(60),
    max_pages: z.coerce.number().int().min(1).default(100_000),
    max_response_mb: z.coerce.number().min(1).max(256).default(64),
  })
  .superRefine((given, context) => {
    const fault = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    if (given.method === 'GET' && given.body !== undefined)
      fault('body', 'is set, and a GET has none: set method to POST')
    if (/[\r\n\0]/.test(given.api_key)) fault('api_key', 'contains a line break')
    for (const [name, value] of Object.entries(given.headers)) {
      if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
        fault('headers', `has a character in "${name}" that no header can carry`)
    }
    if (given.api_key_location === 'header' && given.api_key_name && !headerName.test(given.api_key_name)) {
      fault('api_key_name', 'is no header name')
    }
  })

/** See Connector.parseConfig. */
export const parseConfig = (json: unknown): RestConfig => {
  const given = parseWith(shape, json, 'REST API source')
  const url = new URL(given.url)
  url.hash = ''
  for (const [name, value] of Object.entries(given.query)) url.searchParams.set(name, value)
  const headers: Record<string, string> = { accept: 'application/json' }
  for (const [name, value] of Object.entries(given.headers)) headers[name.toLowerCase()] = value
  if (given.body !== undefined) headers['content-type'] ??= 'application/json'
  const inQuery = given.api_key_location === 'query'
  if (given.api_key && inQuery) url.searchParams.set(given.api_key_name ?? 'api_key', given.api_key)
  if (given.api_key && !inQuery) {
    const name = (given.api_key_name ?? 'Authorization').toLowerCase()
    const scheme = given.api_key_scheme ?? (name === 'authorization' ? 'Bearer' : '')
    headers[name] = scheme ? `${scheme} ${given.api_key}` : given.api_key
  }
  const { incremental } = given
  return {
    url,
    method: given.method,
    headers,
    body: given.body === undefined ? undefined : JSON.stringify(given.body),
    secrets: [given.api_key, ...Object.values(given.headers)].filter((text) => text.length > 3),
    streamName: given.stream_name || nameOf(url),
    recordsPath: given.records_path || undefined,
    paging: pagingOf(given.pagination),
    primaryKey: given.primary_key,
    incremental: incremental && {
      cursorField: incremental.cursor_field,
      queryParameter: incremental.query_parameter,
      startValue: incremental.start_value,
    },
    minIntervalMs: 1000 / given.requests_per_second,
    timeoutMs: given.timeout_seconds * 1000,
    maxPages: given.max_pages,
    maxResponseBytes: given.max_response_mb << 20,
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

const urlFault = (text: string): string | undefined => {
  const url = URL.parse(text)
  if (!url) return 'is no URL: give one that begins with http:// or https://'
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://'
  if (url.username || url.password) return 'contains a user or password: use api_key or headers'
  return undefined
}

/** The last part of the path, without its ending; the host when there is no path. */
const nameOf = (url: URL): string => {
  const last = url.pathname.split('/').filter(Boolean).at(-1)
  if (!last) return url.hostname
  try {
    return decodeURIComponent(last).replace(/\.json$/i, '')
  } catch {
    return last
  }
}
