import { type JsonText, parseBeginning, parseJson } from './json-text.ts'
import { atRecordsPath, isLinesIn, lineRecords, openListOf, recordsOf, type Whereabouts } from './records.ts'
import type { OpenAnswer } from './transport.ts'

/** Some of the records of an answer, in their order. */
export interface AnswerPart {
  /** Undefined for an answer without a body. Of a list of records that was sent in parts, the last part has the last ones. */
  readonly json: JsonText | undefined
  /** Places in `json`. */
  readonly records: readonly number[]
  /** The records as they are written, and what stands between them: of all parts together as in one. */
  readonly text: Buffer
  /** Received for this part. */
  readonly bytes: number
  /** Nothing follows: what stands around the records is in `json` too, and where the records are is known. */
  readonly last?: Whereabouts
}

export interface PartsOptions {
  /** Of an answer so much is held before what is whole in it is handed over. */
  readonly heldBytes: number
  /** So much may be held where nothing is whole in less. */
  readonly maxBytes: number
  /** All of an answer must be in its one part. */
  readonly isWhole: boolean
}

/** The answer is larger than may be held, and has no record that could be handed over. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

/**
 * The records of an answer: in one part when it is small, else so many at a time as are whole in what is held. A part is read as
 * if it were an answer of its own: what stands before the list of records, the last record handed over, and what came since.
 * Throws what parseJson and recordsOf throw, and TooLarge.
 */
export async function* partsOf(
  { answer, fill }: OpenAnswer,
  given: Whereabouts,
  { heldBytes, maxBytes, isWhole }: PartsOptions,
): AsyncGenerator<AnswerPart> {
  const { charset } = answer.head
  let where = given
  /** Of the part before. */
  let before: WholePart | undefined
  let counted = 0
  for (;;) {
    const known = before?.lastRecords ?? 0
    if (answer.isWhole) {
      const bytes = answer.received - counted
      if (answer.bytes.length === 0)
        return yield { json: undefined, records: [], text: answer.bytes, bytes, last: where }
      const json = parseJson(answer.bytes, before ? undefined : charset)
      const found = recordsOf(json, where)
      if (before && found.list !== before.list) throw elsewhere()
      return yield { ...handedOver(json, found.records, known), bytes, last: found.where }
    }
    // Any other charset is known for certain at the end only.
    const json = !isWhole && isUtf8Name(charset) ? parseBeginning(answer.bytes) : undefined
    const part = json && wholeIn(json, where)
    if (before && part && part.list !== before.list) throw elsewhere()
    if (!part || part.records.length <= known) {
      if (answer.bytes.length > maxBytes) throw new TooLarge()
      await fill(Math.min(maxBytes + 1, answer.bytes.length * 2))
      continue
    }
    const bytes = answer.received - counted
    counted = answer.received
    before = part
    where = part.where
    // json.bytes has no byte order mark, and ends with a whole character.
    const mark = part.json.bytes.byteOffset - answer.bytes.byteOffset
    answer.hold(part.json.bytes.subarray(0, part.headEnd), answer.bytes.subarray(mark + part.lastStart))
    yield { ...handedOver(part.json, part.records, known), bytes }
    await fill(Math.max(heldBytes, answer.bytes.length * 2))
  }
}

/** All but the first `known` records. */
const handedOver = (json: JsonText, records: readonly number[], known: number) => {
  const [before, first, last] = [records[known - 1], records[known], records.at(-1)]
  const start = before === undefined ? json.start(first ?? 0) : json.end(before)
  const text = json.bytes.subarray(start, first === undefined ? start : json.end(last ?? first))
  return { json, records: records.slice(known), text }
}

/** What the beginning of an answer has for certain. */
interface WholePart {
  readonly json: JsonText
  readonly where: Whereabouts
  readonly records: readonly number[]
  /** Undefined for NDJSON. */
  readonly list: number | undefined
  /** Where in `json.bytes` the list begins. */
  readonly headEnd: number
  /** Where in it the last element or line stands that is whole, and how many records that is. */
  readonly lastStart: number
  readonly lastRecords: number
}

const wholeIn = (json: JsonText, where: Whereabouts): WholePart | undefined => {
  const isWhole = (at: number) => !json.isOpen(at)
  if (isLinesIn(json, where)) {
    const lines = json.roots.filter(isWhole)
    const last = lines.at(-1)
    if (last === undefined) return undefined
    const records = lines.flatMap((line) => lineRecords(json, line, where))
    const lastRecords = lineRecords(json, last, where).length
    return {
      ...{ json, records, list: undefined, headEnd: 0, lastStart: json.start(last), lastRecords },
      where: { ...where, isLines: true },
    }
  }
  const list = openListOf(json, where)
  if (list === undefined) return undefined
  const records = json.elements(list).filter(isWhole)
  const last = records.at(-1)
  if (last === undefined) return undefined
  return { json, where, records, list, headEnd: json.start(list) + 1, lastStart: json.start(last), lastRecords: 1 }
}

const isUtf8Name = (charset: string | undefined): boolean =>
  charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)

const elsewhere = () =>
  atRecordsPath('is empty, and it cannot be told where the records of so large an answer are: name their list')
