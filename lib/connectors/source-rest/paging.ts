import type { Paging } from './config.ts'
import { type Json, scalarText, valueAt } from './json-text.ts'

/** One page to ask for: parameters to put into the first URL, or a whole URL. `number` counts from 1. */
export interface PageRequest {
  readonly number: number
  readonly parameters: Readonly<Record<string, string>>
  readonly url?: string
}

/** What an answer says about its successor. */
export interface PageAnswer {
  readonly json: Json
  readonly records: number
  /** The Link header, RFC 8288. */
  readonly link: string | null
}

export const firstPage = (paging: Paging): PageRequest => ({ number: 1, parameters: parametersAt(paging, 0, 0) })

/** The page after `answer`; undefined when that was the last. `recordsBefore` counts all records so far, its own included. */
export const nextPage = (
  paging: Paging,
  asked: PageRequest,
  answer: PageAnswer,
  recordsBefore: number,
): PageRequest | undefined => {
  const number = asked.number + 1
  switch (paging.type) {
    case 'none':
      return undefined
    case 'page':
    case 'offset':
      if (answer.records === 0 || (paging.pageSize !== undefined && answer.records < paging.pageSize)) return undefined
      return { number, parameters: parametersAt(paging, asked.number, recordsBefore) }
    case 'cursor': {
      const next = scalarText(valueAt(answer.json, paging.cursorPath))
      if (next === undefined || next === '' || next === 'false') return undefined
      if (/^(https?:\/)?\//.test(next)) return { number, parameters: {}, url: next }
      return { number, parameters: { ...sizeOf(paging), [paging.cursorParameter]: next } }
    }
    case 'link_header': {
      const url = nextLink(answer.link)
      return url === undefined ? undefined : { number, parameters: {}, url }
    }
  }
}

/** The target of the link with the relation "next" (RFC 8288). */
export const nextLink = (header: string | null): string | undefined => {
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
