import { IngestionError } from '../../errors.ts'
import type { RestConfig, RestStream } from './config.ts'
import { addressOf } from './failure.ts'
import { stepsOf } from './json-path.ts'
import type { PageRequest } from './paging.ts'
import { setParameter } from './query.ts'

/** What goes over the wire; the headers are the same for all. */
export interface RestRequest {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  /** JSON text. */
  readonly body: string | undefined
  /** See PageRequest. */
  readonly endsOn: readonly number[]
}

/** The request for a page. `parameters`, each as JSON text, go beside those of the page; a URL from an answer has its own. */
export const requestOf = (
  config: RestConfig,
  stream: RestStream,
  page: PageRequest,
  parameters: Readonly<Record<string, string>>,
): RestRequest => {
  const url = page.url === undefined ? new URL(stream.url) : follow(config, stream, page.url)
  const given = page.url === undefined ? { ...parameters, ...page.parameters } : {}
  const inBody = stream.parameterLocation === 'body'
  if (!inBody) for (const [name, json] of Object.entries(given)) setParameter(url, name, plainText(json))
  const key = config.keyParameter
  if (key) setParameter(url, key.name, key.value)
  return { url, method: stream.method, body: bodyOf(stream.body, inBody ? given : {}), endsOn: page.endsOn }
}

/** An address that an answer names. A proxy that ends TLS makes APIs say http of themselves: they mean https. */
const follow = (config: RestConfig, { url: first }: RestStream, address: string): URL => {
  const url = URL.parse(address, first.href)
  if (url && first.protocol === 'https:' && url.protocol === 'http:' && url.host === first.host) url.protocol = 'https:'
  if (url?.origin === first.origin) return url
  const message = `the answer names ${url ? addressOf(config, url) : 'no address'} as the next page, which is not at ${first.origin}: the API key is not sent elsewhere`
  throw new IngestionError('connector_config', `REST API: ${message}`, {
    errors: [{ pointer: '/pagination', message }],
  })
}

const bodyOf = (body: unknown, given: Readonly<Record<string, string>>): string | undefined => {
  const names = Object.keys(given)
  if (names.length === 0) return body === undefined ? undefined : JSON.stringify(body)
  const whole = structuredClone(body ?? {}) as Record<string, unknown>
  for (const name of names) setAt(whole, stepsOf(name), exactly(given[name] as string))
  return JSON.stringify(whole)
}

const setAt = (object: Record<string, unknown>, [step = '', ...rest]: readonly string[], value: unknown): void => {
  const inner = Object.hasOwn(object, step) ? object[step] : undefined
  const next = typeof inner === 'object' && inner !== null ? inner : {}
  if (rest.length > 0) setAt(next as Record<string, unknown>, rest, value)
  Object.defineProperty(object, step, {
    ...{ value: rest.length > 0 ? next : value, enumerable: true, configurable: true, writable: true },
  })
}

const plainText = (json: string): string => (json.startsWith('"') ? (JSON.parse(json) as string) : json)

interface LosslessJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
  rawJSON(text: string): unknown
}
// In the language (proposal "JSON.parse source text access") and in Node since 22, not in TypeScript's library yet.
const { parse, rawJSON } = JSON as unknown as LosslessJson

/** A value to write again as it was: no digit is lost. */
const exactly = (json: string): unknown =>
  parse(json, (_, value, { source }) => (typeof value === 'number' && source !== undefined ? rawJSON(source) : value))
