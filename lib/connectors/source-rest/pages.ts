import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { IngestionError } from '../../errors.ts'
import { heldBytes } from './answer.ts'
import { type AnswerPart, partsOf, TooLarge } from './answer-parts.ts'
import type { Paging, RestConfig, RestStream } from './config.ts'
import { answerFailure, notJson } from './failure.ts'
import { stepsOf } from './json-path.ts'
import { JsonFault } from './json-scan.ts'
import { CharsetFault, type JsonText } from './json-text.ts'
import { firstPage, nextPage, type PageRequest } from './paging.ts'
import { AnswerFailure, type Whereabouts } from './records.ts'
import { type RestRequest, requestOf } from './request.ts'
import type { OpenAnswer, RestTransport } from './transport.ts'

/** Some records of a stream, all from one answer. */
export interface Page {
  /** Undefined for an answer without a body. */
  readonly json: JsonText | undefined
  /** The places of the records in `json`. */
  readonly records: readonly number[]
  /** Received for them. */
  readonly bytes: number
}

export interface PageOptions {
  /** Ends the reading, and what is on its way. */
  readonly signal: AbortSignal
  /** Go into every request that this source builds, each as JSON text. */
  readonly parameters?: Readonly<Record<string, string>>
  /** An earlier sync found records: an answer without a list has none now. */
  readonly mayLack?: boolean
  /** Ask for the next page while one is worked on; never more than one. Default true. */
  readonly ahead?: boolean
}

/** All pages in order, large ones in parts; at most two are held at a time, or parts of them. */
export async function* readPages(
  config: RestConfig,
  stream: RestStream,
  transport: RestTransport,
  { signal, parameters = {}, mayLack = false, ahead = true }: PageOptions,
): AsyncGenerator<Page> {
  const abort = new AbortController()
  const either = AbortSignal.any([signal, abort.signal])
  const asked = new Set<string>()
  const ask = (page: PageRequest): (() => Promise<OpenAnswer | undefined>) => {
    const request = requestOf(config, stream, page, parameters)
    refuseEndless(config, stream, page, request, asked)
    const send = () => transport.send(request, either)
    if (!ahead) return send
    const sent = send()
    // The failure of a page that nobody waits for yet counts when it is its turn.
    sent.catch(() => undefined)
    return () => sent
  }
  try {
    const seen = new Repetition(stream.paging)
    let where: Whereabouts = { path: stream.recordsPath, mayLack, isLines: false }
    let next: PageRequest | undefined = firstPage(stream.paging)
    let answering = ask(next)
    let records = 0
    while (next) {
      const page: PageRequest = next
      const open = await answering()
      if (open === undefined) return
      where = { ...where, isLines: where.isLines || isLinesType(open.answer.head.type) }
      let ownRecords = 0
      for await (const part of partsIn(config, stream, open, where)) {
        const { json, records: found, text, bytes, last } = part
        ownRecords += found.length
        seen.add(text, found.length)
        if (last) {
          where = last
          if (seen.isRepeated())
            throw circle(stream, page, 'the API answered with the records of the page before, once more')
          records += ownRecords
          const { link } = open.answer.head
          next = nextPage(stream, page, { json, records: ownRecords, link }, records)
          if (next) answering = ask(next)
        }
        yield { json, records: found, bytes }
      }
    }
  } finally {
    abort.abort()
  }
}

/** partsOf, its errors told. */
async function* partsIn(
  config: RestConfig,
  stream: RestStream,
  open: OpenAnswer,
  where: Whereabouts,
): AsyncGenerator<AnswerPart> {
  const parts = partsOf(open, where, {
    ...{
      heldBytes: Math.min(heldBytes, config.maxResponseBytes),
      maxBytes: config.maxResponseBytes,
      isWhole: needsAll(stream.paging),
    },
  })
  for (;;) {
    const next = await parts.next().catch((error: unknown) => {
      if (error instanceof AnswerFailure) throw answerFailure(config, stream, error.message)
      if (error instanceof TooLarge) throw tooLarge(config)
      if (error instanceof JsonFault || error instanceof CharsetFault) throw notJson(config, stream, open.answer, error)
      throw error
    })
    if (next.done) return
    yield next.value
  }
}

/** The last part of an answer has its last record, and not the first or second one that the path of a token may name. */
const needsAll = (paging: Paging): boolean =>
  paging.type === 'cursor' && stepsOf(paging.cursorPath).some((step) => /^-?\d+$/.test(step) && step !== '-1')

const isLinesType = (type: string | undefined): boolean => /\b(nd-?json|json-?l|json-?lines)\b/i.test(type ?? '')

/** Whether a page by number or offset has the records of the one before: by their number, length and checksum. */
class Repetition {
  readonly #isKnown: boolean
  #before = ''
  #records = 0
  #bytes = 0
  #checksum = 0

  constructor({ type }: Paging) {
    this.#isKnown = type === 'page' || type === 'offset'
  }

  /** See AnswerPart.text. */
  add(text: Buffer, records: number): void {
    if (!this.#isKnown) return
    this.#records += records
    this.#bytes += text.length
    this.#checksum = crc32(text, this.#checksum)
  }

  /** Asked for once at the end of each page. */
  isRepeated(): boolean {
    const now = `${this.#records} ${this.#bytes} ${this.#checksum}`
    const isRepeated = this.#records > 0 && now === this.#before
    this.#before = now
    this.#records = this.#bytes = this.#checksum = 0
    return isRepeated
  }
}

const tooLarge = ({ maxResponseBytes }: RestConfig): IngestionError => {
  const message = `max_response_mb is ${maxResponseBytes >> 20}, and so much of an answer came without a record in it that is whole; name their list in records_path, ask for smaller pages, or raise it`
  return new IngestionError('connector_config', `REST API: ${message}`, {
    errors: [{ pointer: '/max_response_mb', message }],
  })
}

const refuseEndless = (
  config: RestConfig,
  stream: RestStream,
  page: PageRequest,
  { url, body = '' }: RestRequest,
  asked: Set<string>,
): void => {
  const name = hash('sha256', `${url.href}\n${body}`, 'base64')
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
