import type { Json } from '../../airbyte/types.ts'
import { branchesOf, isObject, isSecret, propertiesOf } from './spec-schema.ts'

/** What Airbyte itself shows instead of a secret; sent back in an update, it keeps the stored one. */
export const mask = '**********'

/** Fields that a specification does not describe are taken for secrets by their names. */
const secretName = /passw|pwd|secret|token|api_?key|private_?key|access_?key|credential|passphrase|^auth(orization)?$/i

/** The configuration with every secret masked, in all branches of one-ofs and in lists. */
export const maskSecrets = (specification: Json, config: Json): Json => maskObject([specification], config)

/** `schemas`: all that may apply to the value; a field is secret when any of them says so. */
const maskObject = (schemas: readonly Json[], value: Json): Json => {
  const all = schemas.flatMap(withBranches)
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      const own = all
        .map((schema) =>
          Object.hasOwn(propertiesOf(schema), name) ? propertiesOf(schema)[name] : schema.additionalProperties,
        )
        .filter(isObject)
      return [name, own.length === 0 && secretName.test(name) ? masked(one) : maskValue(own, one)]
    }),
  )
}

const maskValue = (schemas: readonly Json[], value: unknown): unknown => {
  const all = schemas.flatMap(withBranches)
  if (all.some(isSecret)) return masked(value)
  if (Array.isArray(value)) {
    const items = all.map((schema) => schema.items).filter(isObject)
    return value.map((one) => maskValue(items, one))
  }
  return isObject(value) ? maskObject(all, value) : value
}

const withBranches = (schema: Json): readonly Json[] => [schema, ...branchesOf(schema).flatMap(withBranches)]

const masked = (value: unknown) => (value === undefined || value === null ? value : mask)
