import { IngestionError } from '../../errors.ts'
import { stepsOf, valueAt } from './json-path.ts'
import type { JsonText } from './json-text.ts'

/** Where APIs usually put their records, in order of preference. */
const usualNames = ['data', 'items', 'results', 'records', 'value', 'values', 'rows', 'entries', 'content']

/**
 * The records of one answer, as places in it. Without a path: the answer when it is a list, else the list in it that has a usual
 * name or is the only list of objects, else the answer itself as one record. Several texts in one answer (NDJSON) are one
 * record each. `mayLack`: that nothing stands at the path is known to mean that there are none.
 */
export const recordsOf = (json: JsonText, path: string | undefined, mayLack: boolean): readonly number[] => {
  if (json.roots.length > 1) return json.roots.flatMap((root) => listed(json, path ? valueAt(json, root, path) : root))
  const [root] = json.roots
  if (root === undefined) return []
  if (path === undefined) return listed(json, guess(json, root))
  const found = valueAt(json, root, path)
  if (found !== undefined) {
    if (stepsOf(path).length > 0) refusePartial(json, root)
    return listed(json, found)
  }
  if (mayLack || isEmpty(json, root)) return []
  refuseFailure(json, root)
  throw atRecordsPath(`is "${path}": the answer has nothing there (it has: ${keysOf(json, root)}); correct the path`)
}

const listed = (json: JsonText, found: number | undefined): readonly number[] => {
  if (found === undefined || json.kind(found) === 'null') return []
  return json.kind(found) === 'list' ? json.elements(found) : [found]
}

const isEmpty = (json: JsonText, root: number): boolean =>
  json.kind(root) === 'null' || (json.kind(root) === 'object' && json.members(root).length === 0)

const guess = (json: JsonText, root: number): number | undefined => {
  if (json.kind(root) !== 'object') return root
  refuseFailure(json, root)
  const members = json.members(root)
  const lists = members.filter(([, at]) => json.kind(at) === 'list')
  for (const name of usualNames) {
    const usual = lists.find(([key]) => key === name)
    if (usual) return usual[1]
  }
  const records = lists.filter(([, at]) => json.elements(at).every((element) => json.kind(element) === 'object'))
  if (records.length > 1) {
    const names = records.map(([key]) => key).join(', ')
    throw atRecordsPath(`is empty, and the answer has several lists (${names}): name one, or "." for the whole answer`)
  }
  if (records[0]) return records[0][1]
  // Some APIs write null for a list without records.
  if (members.some(([key, at]) => usualNames.includes(key) && json.kind(at) === 'null')) return undefined
  return members.length > 0 ? root : undefined
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
  throw failed(errors ?? says('message') ?? json.source(root).toString())
}

/** GraphQL answers with what it could read, and with errors for the rest. */
const refusePartial = (json: JsonText, root: number): void => {
  const errors = valueAt(json, root, '/errors')
  if (errors === undefined || valueAt(json, root, '/data') === undefined) return
  if (valueAt(json, errors, '/0/message') !== undefined) throw failed(json.source(errors).toString())
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

const failed = (said: string): AnswerFailure => new AnswerFailure(said)

const atRecordsPath = (what: string): IngestionError => {
  const message = `records_path ${what}`
  return new IngestionError('connector_config', `REST API: ${message}`, {
    errors: [{ pointer: '/records_path', message }],
  })
}
