import { createHash } from 'node:crypto'
import { IngestionError } from '../../errors.ts'
import type { RestConfig, RestStream } from './config.ts'
import { answerFailure, notJson } from './failure.ts'
import { type JsonText, parseJson } from './json-text.ts'
import { firstPage, nextPage, type PageRequest } from './paging.ts'
import { AnswerFailure, recordsOf } from './records.ts'
import { type RestRequest, requestOf } from './request.ts'
import type { Answer, RestTransport } from './transport.ts'

export interface Page {
  /** Undefined for an answer without a body. */
  readonly json: JsonText | undefined
  /** The places of the records in `json`. */
  readonly records: readonly number[]
  readonly bytes: number
}

export interface PageOptions {
  /** Go into every request that this source builds, each as JSON text. */
  readonly parameters?: Readonly<Record<string, string>>
  /** An earlier sync found records: an answer without a list has none now. */
  readonly mayLack?: boolean
  /** Ask for the next page while one is worked on; never more than one. Default true. */
  readonly ahead?: boolean
}

/** All pages in order; at most two are held at a time. */
export async function* readPages(
  config: RestConfig,
  stream: RestStream,
  transport: RestTransport,
  { parameters = {}, mayLack = false, ahead = true }: PageOptions = {},
): AsyncGenerator<Page> {
  const abort = new AbortController()
  const asked = new Set<string>()
  const ask = (page: PageRequest): (() => Promise<Answer | undefined>) => {
    const request = requestOf(config, stream, page, parameters)
    refuseEndless(config, stream, page, request, asked)
    const send = () => transport.send(request, abort.signal)
    if (!ahead) return send
    const sent = send()
    // The failure of a page that nobody waits for yet counts when it is its turn.
    sent.catch(() => undefined)
    return () => sent
  }
  try {
    let page: PageRequest | undefined = firstPage(stream.paging)
    let answering = ask(page)
    let last: string | undefined
    let records = 0
    while (page) {
      const answer = await answering()
      if (answer === undefined) return
      const json = parsed(config, stream, answer)
      const found = json ? foundIn(config, stream, json, mayLack || records > 0) : []
      const digest =
        stream.paging.type === 'page' || stream.paging.type === 'offset' ? digestOf(json, found) : undefined
      if (digest !== undefined && digest === last)
        throw circle(stream, page, 'the API answered with the records of the page before, once more')
      last = digest
      records += found.length
      page = nextPage(stream, page, { json, records: found.length, link: answer.link }, records)
      if (page) answering = ask(page)
      yield { json, records: found, bytes: answer.bytes.length }
    }
  } finally {
    abort.abort()
  }
}

const parsed = (config: RestConfig, stream: RestStream, { bytes, charset, type }: Answer): JsonText | undefined => {
  // An empty answer (204) has no records.
  if (bytes.length === 0) return undefined
  try {
    return parseJson(bytes, charset)
  } catch (error) {
    throw notJson(config, stream, { bytes, type }, error)
  }
}

const foundIn = (config: RestConfig, stream: RestStream, json: JsonText, mayLack: boolean): readonly number[] => {
  try {
    return recordsOf(json, stream.recordsPath, mayLack)
  } catch (error) {
    if (error instanceof AnswerFailure) throw answerFailure(config, stream, error.message)
    throw error
  }
}

const digestOf = (json: JsonText | undefined, records: readonly number[]): string | undefined => {
  const [first, last] = [records[0], records.at(-1)]
  if (!json || first === undefined || last === undefined) return undefined
  return createHash('sha256')
    .update(json.bytes.subarray(json.start(first), json.end(last)))
    .digest('base64')
}

const refuseEndless = (
  config: RestConfig,
  stream: RestStream,
  page: PageRequest,
  { url, body = '' }: RestRequest,
  asked: Set<string>,
): void => {
  const name = `${url.href}\n${body}`
  if (asked.has(name)) throw circle(stream, page, 'the API names a page as the next one that was read already')
  asked.add(name)
  if (page.number <= config.maxPages) return
  const message = `there are more pages than max_pages (${config.maxPages}); raise it, or ask for larger pages`
  throw new IngestionError('connector_config', `REST API: ${message}`, { errors: [{ pointer: '/max_pages', message }] })
}

const circle = ({ paging }: RestStream, page: PageRequest, what: string): IngestionError => {
  const message = `paging goes round in a circle at page ${page.number}: ${what}; check pagination (type "${paging.type}" and its parameters)`
  return new IngestionError('connector_config', `REST API: ${message}`, {
    errors: [{ pointer: '/pagination', message }],
  })
}
