import type { Json } from '../../airbyte/types.ts'
import { isObject } from './spec-schema.ts'

/** JSON Merge Patch (RFC 7396): null removes, objects merge, all else replaces. */
export const mergePatch = (target: Json, patch: Json): Json => {
  const result = new Map(Object.entries(target))
  for (const [name, value] of Object.entries(patch))
    if (value === null) result.delete(name)
    else if (isObject(value)) {
      const old = result.get(name)
      result.set(name, mergePatch(isObject(old) ? old : {}, value))
    } else result.set(name, value)
  return Object.fromEntries(result)
}
