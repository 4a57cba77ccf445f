import type { Json } from '../../airbyte/types.ts'
import { type Fault, IngestionError } from '../../errors.ts'
import { checkConfig } from './check-config.ts'
import { type CompletedConfig, completeConfig } from './complete-config.ts'
import { mask } from './mask-secrets.ts'
import { isObject, pointerTo } from './spec-schema.ts'

/**
 * The configuration as the connector wants it. Throws invalid_input with a fault for each part that it will not take.
 * `stored` is what Airbyte has, secrets masked: a mask stands for a secret only where it has one.
 */
export const fitConfig = async (
  specification: Json | undefined,
  config: Json,
  stored: Json = {},
): Promise<CompletedConfig> => {
  const strays = strayMasks(config, stored, '/config')
  // A connector that Airbyte cannot get the specification of is Airbyte's to judge.
  const completed = specification ? completeConfig(specification, config) : { config, adjusted: [] }
  const faults = specification ? await checkConfig(specification, completed.config) : []
  const kept = new Set(maskPointers(completed.config, '/config'))
  const all = [...strays, ...faults.filter(({ pointer }) => !kept.has(pointer))]
  if (all.length === 0) return completed
  throw new IngestionError(
    'invalid_input',
    all.length === 1
      ? `The configuration does not fit the connector: ${all[0]?.pointer} ${all[0]?.message}.`
      : `The configuration does not fit the connector: ${all.length} faults, see errors.`,
    { errors: all },
  )
}

/** Masks that mask nothing: Airbyte would take the asterisks for the secret. */
const strayMasks = (value: unknown, stored: unknown, pointer: string): readonly Fault[] => {
  if (value === mask)
    return stored === mask ? [] : [{ pointer, message: 'is the mask of a secret, but none is stored: send the secret' }]
  return membersOf(value).flatMap(([key, one]) => strayMasks(one, memberOf(stored, key), pointerTo(pointer, key)))
}

const maskPointers = (value: unknown, pointer: string): readonly string[] =>
  value === mask ? [pointer] : membersOf(value).flatMap(([key, one]) => maskPointers(one, pointerTo(pointer, key)))

const membersOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  Array.isArray(value) ? value.map((one, index) => [String(index), one]) : isObject(value) ? Object.entries(value) : []

const memberOf = (value: unknown, key: string): unknown =>
  Array.isArray(value) ? value[Number(key)] : isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
