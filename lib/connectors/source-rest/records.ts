import { IngestionError } from '../../errors.ts'
import { stepsOf, valueAt } from './json-path.ts'
import type { JsonText } from './json-text.ts'

/** Where APIs usually put their records, in order of preference. */
const usualNames = ['data', 'items', 'results', 'records', 'value', 'values', 'rows', 'entries', 'content']

/** What is known of where the records of a stream's answers are. */
export interface Whereabouts {
  /** As configured, or as the answers before showed it; undefined = still to be found. */
  readonly path: string | undefined
  /** That nothing stands there is known to mean that there are none. */
  readonly mayLack: boolean
  /** Every line is a record (NDJSON). */
  readonly isLines: boolean
}

export interface Found {
  /** Places in the answer. */
  readonly records: readonly number[]
  /** The list that they are in. */
  readonly list?: number | undefined
  /** For the answers that follow. */
  readonly where: Whereabouts
}

/**
 * The records of one answer. Without a path: the answer when it is a list, else the list in it that has a usual name or is the
 * only list of objects, else the answer itself as one record. Several texts in one answer (NDJSON) are one record each.
 */
export const recordsOf = (json: JsonText, where: Whereabouts): Found => {
  const [root] = json.roots
  if (root === undefined) return { records: [], where }
  if (isLinesIn(json, where))
    return { records: json.roots.flatMap((line) => lineRecords(json, line, where)), where: { ...where, isLines: true } }
  const { path } = where
  if (path === undefined) return guessed(json, root, where)
  const list = valueAt(json, root, path)
  const records = listed(json, list)
  if (stepsOf(path).length > 0) {
    // Words of failure beside records may mean something else.
    if (records.length === 0) refuseFailure(json, root)
    else refusePartial(json, root)
  }
  if (list === undefined && !where.mayLack && !isEmpty(json, root))
    throw atRecordsPath(`is "${path}": the answer has nothing there (it has: ${keysOf(json, root)}); correct the path`)
  return { records, list, where: { ...where, mayLack: where.mayLack || records.length > 0 } }
}

/** The list in which the beginning of an answer breaks off, when the records are known to be in it; `undefined`: more must be seen. */
export const openListOf = (json: JsonText, { path }: Whereabouts): number | undefined => {
  const [root] = json.roots
  if (root === undefined) return undefined
  const guess = path === undefined ? guessIn(json, root) : { list: valueAt(json, root, path) }
  const { list } = guess
  return list !== undefined && json.isOpen(list) && json.kind(list) === 'list' ? list : undefined
}

export const isLinesIn = (json: JsonText, { isLines }: Whereabouts): boolean => isLines || json.roots.length > 1

/** The records of one line of NDJSON. */
export const lineRecords = (json: JsonText, line: number, { path }: Whereabouts): readonly number[] =>
  listed(json, path === undefined ? line : valueAt(json, line, path))

const listed = (json: JsonText, found: number | undefined): readonly number[] => {
  if (found === undefined || json.kind(found) === 'null') return []
  return json.kind(found) === 'list' ? json.elements(found) : [found]
}

const isEmpty = (json: JsonText, root: number): boolean =>
  json.kind(root) === 'null' || (json.kind(root) === 'object' && json.members(root).length === 0)

const guessed = (json: JsonText, root: number, where: Whereabouts): Found => {
  if (json.kind(root) === 'object') refuseFailure(json, root)
  const { list, name, several } = guessIn(json, root)
  if (several)
    throw atRecordsPath(
      `is empty, and the answer has several lists (${several.join(', ')}): name one, or "." for the whole answer`,
    )
  const records = listed(json, list)
  if (name === undefined || records.length === 0) return { records, list, where }
  // Later answers may have other lists beside it, or leave it out when it is empty.
  const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return { records, list, where: { ...where, path, mayLack: true } }
}

interface Guess {
  /** A list, or the whole answer. */
  readonly list: number | undefined
  /** The key of the list in the answer. */
  readonly name?: string
  /** Lists of which any may be meant. */
  readonly several?: readonly string[]
}

const guessIn = (json: JsonText, root: number): Guess => {
  if (json.kind(root) !== 'object') return { list: root }
  const members = json.members(root)
  const lists = members.filter(([, at]) => json.kind(at) === 'list')
  for (const usual of usualNames) {
    const [name, list] = lists.findLast(([key]) => key === usual) ?? []
    if (name !== undefined) return { name, list }
  }
  const records = lists.filter(([, at]) => json.elements(at).every((element) => json.kind(element) === 'object'))
  if (records.length > 1) return { list: undefined, several: records.map(([key]) => key) }
  const [name, list] = records[0] ?? []
  if (name !== undefined) return { name, list }
  // Some APIs write null for a list without records.
  if (members.some(([key, at]) => usualNames.includes(key) && json.kind(at) === 'null')) return { list: undefined }
  return { list: members.length > 0 ? root : undefined }
}

/** Some APIs answer 200 and say within that it went wrong: no record may come of that. */
const refuseFailure = (json: JsonText, root: number): void => {
  if (json.kind(root) !== 'object') return
  const says = (key: string) => {
    const at = json.member(root, key)
    return at === undefined ? undefined : json.source(at).toString()
  }
  const errors = [says('error'), says('errors')].find((text) => text && !/^(null|false|0|""|\[\]|\{\})$/.test(text))
  const isRefusal = says('ok') === 'false' || says('success') === 'false' || says('status') === '"error"'
  if (errors === undefined && !isRefusal) return
  throw new AnswerFailure(errors ?? says('message') ?? json.source(root).toString())
}

/** GraphQL answers with what it could read, and with errors for the rest. */
const refusePartial = (json: JsonText, root: number): void => {
  const errors = valueAt(json, root, '/errors')
  if (errors === undefined || valueAt(json, root, '/data') === undefined) return
  if (valueAt(json, errors, '/0/message') !== undefined) throw new AnswerFailure(json.source(errors).toString())
}

const keysOf = (json: JsonText, root: number): string => {
  const kind = json.kind(root)
  if (kind !== 'object') return `a ${kind}`
  return json
    .members(root)
    .slice(0, 20)
    .map(([key]) => key)
    .join(', ')
}

/** The API's own words, which may hold what must not be told: see readPages. */
export class AnswerFailure extends Error {
  override readonly name = 'AnswerFailure'
}

export const atRecordsPath = (what: string): IngestionError => {
  const message = `records_path ${what}`
  return new IngestionError('connector_config', `REST API: ${message}`, {
    errors: [{ pointer: '/records_path', message }],
  })
}
