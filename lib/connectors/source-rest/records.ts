import { IngestionError } from '../../errors.ts'
import { isObject, type Json, type JsonObject, valueAt } from './json-text.ts'

/** Where APIs usually put their records, in order of preference. */
const usualNames = ['data', 'items', 'results', 'records', 'value', 'values', 'rows', 'entries', 'content']

/**
 * The records of one answer. Without a path: the answer when it is a list, else the list in it that has a usual name or is
 * the only one, else the answer itself as one record. A record that is no object becomes `{value: …}`.
 */
export const recordsOf = (json: Json, path: string | undefined): readonly JsonObject[] => {
  const found = path === undefined ? guess(json) : valueAt(json, path)
  if (found === undefined || found === null) {
    if (path === undefined || isEmpty(json)) return []
    const keys = isObject(json) ? Object.keys(json).slice(0, 20).join(', ') : 'a list'
    const message = `records_path is "${path}": the answer has nothing there (it has: ${keys}); correct the path`
    throw new IngestionError('connector_config', message, { errors: [{ pointer: '/records_path', message }] })
  }
  const list: readonly Json[] = Array.isArray(found) ? (found as readonly Json[]) : [found]
  return list.map((record) => (isObject(record) ? record : { value: record }))
}

const isEmpty = (json: Json): boolean => json === null || (isObject(json) && Object.keys(json).length === 0)

const guess = (json: Json): Json | undefined => {
  if (!isObject(json)) return json ?? undefined
  const lists = Object.keys(json).filter((key) => Array.isArray(json[key]))
  const name = usualNames.find((usual) => lists.includes(usual)) ?? (lists.length === 1 ? lists[0] : undefined)
  if (name === undefined) return isEmpty(json) ? undefined : json
  return json[name]
}
