import { hash } from 'node:crypto'
import { IngestionError } from '../../errors.ts'
import type { RestConfig } from './config.ts'
import { masked, notJson } from './failure.ts'
import { type Json, type JsonObject, parseJson } from './json-text.ts'
import { firstPage, nextPage, type PageRequest } from './paging.ts'
import { recordsOf } from './records.ts'
import type { RestTransport } from './transport.ts'

export interface Page {
  readonly records: readonly JsonObject[]
  readonly bytes: number
}

/** All pages in order; one is held at a time. `parameters` go into every request that this source builds. */
export async function* readPages(
  config: RestConfig,
  transport: RestTransport,
  parameters: Readonly<Record<string, string>> = {},
): AsyncGenerator<Page> {
  const asked = new Set<string>()
  let last: string | undefined
  let records = 0
  let request: PageRequest | undefined = firstPage(config.paging)
  while (request) {
    const url = urlOf(config, request, parameters)
    if (asked.has(url.href)) throw loop(config, request, 'the API names a page as the next one that was read already')
    asked.add(url.href)
    if (request.number > config.maxPages) {
      const message = `there are more pages than max_pages (${config.maxPages}); raise it, or ask for larger pages`
      throw new IngestionError('connector_config', `REST API: ${message}`, {
        errors: [{ pointer: '/max_pages', message }],
      })
    }
    const { text, bytes, link } = await transport.send(url)
    const json = parsed(config, text)
    const found = recordsOf(json, config.recordsPath)
    const digest = hash('sha256', text)
    if (found.length > 0 && digest === last)
      throw loop(config, request, 'the API answered with the page before, once more')
    last = digest
    records += found.length
    yield { records: found, bytes }
    request = nextPage(config.paging, request, { json, records: found.length, link }, records)
  }
}

const urlOf = (config: RestConfig, request: PageRequest, parameters: Readonly<Record<string, string>>): URL => {
  if (request.url === undefined) {
    const url = new URL(config.url)
    for (const [name, value] of Object.entries({ ...parameters, ...request.parameters }))
      url.searchParams.set(name, value)
    return url
  }
  const url = URL.parse(request.url, config.url.href)
  if (url && url.origin === config.url.origin) return url
  const message = `the answer names ${masked(config, request.url)} as the next page, which is not at ${config.url.origin}: the API key is not sent elsewhere`
  throw new IngestionError('connector_config', `REST API: ${message}`, {
    errors: [{ pointer: '/pagination', message }],
  })
}

const parsed = (config: RestConfig, text: string): Json => {
  try {
    // An empty answer (204) has no records.
    return text.trim() === '' ? [] : parseJson(text.replace(/^\ufeff/, ''))
  } catch {
    throw notJson(config, text)
  }
}

const loop = (config: RestConfig, request: PageRequest, what: string): IngestionError => {
  const message = `paging goes round in a circle at page ${request.number}: ${what}; check pagination (type "${config.paging.type}" and its parameters)`
  return new IngestionError('connector_config', `REST API: ${message}`, {
    errors: [{ pointer: '/pagination', message }],
  })
}
