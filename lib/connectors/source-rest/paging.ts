import type { Paging, RestStream } from './config.ts'
import { valueAt } from './json-path.ts'
import type { JsonText } from './json-text.ts'

/** One page to ask for: parameters of the first request, each as JSON text, or a whole URL. `number` counts from 1. */
export interface PageRequest {
  readonly number: number
  readonly parameters: Readonly<Record<string, string>>
  readonly url?: string
  /** Statuses by which an API says that there is no such page: the one before was the last. */
  readonly endsOn: readonly number[]
}

/** What an answer says about its successor. */
export interface PageAnswer {
  readonly json: JsonText | undefined
  readonly records: number
  /** The Link header, RFC 8288. */
  readonly link: string | undefined
}

export const firstPage = (paging: Paging): PageRequest => ({
  number: 1,
  parameters: parametersAt(paging, 0, 0),
  endsOn: [],
})

/**
 * The page after `answer`; undefined when that was the last. `recordsBefore` counts all records so far, its own included.
 * A page that is not full need not be the last one: APIs cap the page size that they are asked for.
 */
export const nextPage = (
  { paging, url }: Pick<RestStream, 'paging' | 'url'>,
  asked: PageRequest,
  answer: PageAnswer,
  recordsBefore: number,
): PageRequest | undefined => {
  const number = asked.number + 1
  switch (paging.type) {
    case 'none':
      return undefined
    case 'page':
    case 'offset': {
      if (answer.records === 0) return undefined
      const isShort = paging.pageSize !== undefined && answer.records < paging.pageSize
      const endsOn = isShort ? [400, 404, 416, 422] : [404, 416]
      return { number, parameters: parametersAt(paging, asked.number, recordsBefore), endsOn }
    }
    case 'cursor': {
      const { json } = answer
      const at = json && valueAt(json, json.roots.at(-1) ?? 0, paging.cursorPath)
      if (!json || at === undefined || ['null', 'object'].includes(json.kind(at))) return undefined
      const token = json.source(at).toString()
      const text = json.scalar(at)
      if (text === '' || text === 'false') return undefined
      // Some APIs name a next page always: it is empty when there is none, and names itself.
      if (answer.records === 0 && token === asked.parameters[paging.cursorParameter]) return undefined
      if (text !== undefined && isAddress(text, url)) return { number, parameters: {}, url: text, endsOn: [] }
      return { number, parameters: { ...sizeOf(paging), [paging.cursorParameter]: token }, endsOn: [] }
    }
    case 'link_header': {
      const next = nextLink(answer.link)
      return next === undefined ? undefined : { number, parameters: {}, url: next, endsOn: [] }
    }
  }
}

/** A URL, whole or relative to that of the stream. Tokens in base64 begin with a slash now and then. */
const isAddress = (token: string, { pathname }: URL): boolean =>
  /^https?:\/\//i.test(token) ||
  /^[\w./%()-]*\?[^\s=]+=/.test(token) ||
  (token.startsWith('/') && token.split('/')[1] === pathname.split('/')[1])

/** The target of the link with the relation "next" (RFC 8288). */
export const nextLink = (header: string | undefined): string | undefined => {
  for (const [, target, parameters = ''] of (header ?? '').matchAll(
    /<([^>]*)>((?:\s*;\s*[^,;="]+(?:=(?:"[^"]*"|[^,;"]*))?)*)/g,
  )) {
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))/i.exec(parameters) ?? []
    if ((quoted ?? bare ?? '').toLowerCase().split(/\s+/).includes('next')) return target
  }
  return undefined
}

const parametersAt = (paging: Paging, pagesBefore: number, recordsBefore: number): Readonly<Record<string, string>> => {
  switch (paging.type) {
    case 'none':
      return {}
    case 'page':
      return { ...sizeOf(paging), [paging.pageParameter]: String(paging.startPage + pagesBefore) }
    case 'offset':
      return { ...sizeOf(paging), [paging.offsetParameter]: String(recordsBefore) }
    case 'cursor':
    case 'link_header':
      return sizeOf(paging)
  }
}

const sizeOf = ({ pageSize, sizeParameter }: Paging): Readonly<Record<string, string>> =>
  pageSize === undefined || sizeParameter === undefined ? {} : { [sizeParameter]: String(pageSize) }
