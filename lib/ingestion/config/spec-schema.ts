import type { Json } from '../../airbyte/types.ts'

/** JSON Schema as connectors write their specifications; whatever is not an object or a list of the expected kind reads as absent. */
export const propertiesOf = (schema: Json): Readonly<Record<string, Json>> =>
  isObject(schema.properties) ? (schema.properties as Record<string, Json>) : {}

export const requiredOf = (schema: Json): readonly string[] =>
  Array.isArray(schema.required) ? schema.required.filter((one) => typeof one === 'string') : []

/** The branches of a one-of (some connectors write any-of), none for a plain schema. */
export const branchesOf = (schema: Json): readonly Json[] => {
  const branches = Array.isArray(schema.oneOf) ? schema.oneOf : Array.isArray(schema.anyOf) ? schema.anyOf : []
  return branches.filter(isObject)
}

/** The values that a property may have, when they are listed. */
export const allowedValues = (schema: Json): readonly unknown[] | undefined =>
  'const' in schema ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : undefined

export const isSecret = (schema: Json): boolean => schema.airbyte_secret === true

/** The property whose fixed value tells the branches of a one-of apart, such as `format_type`. */
export const discriminatorOf = (branches: readonly Json[]): string | undefined => {
  const [first] = branches
  if (!first) return undefined
  return Object.keys(propertiesOf(first)).find((name) =>
    branches.every((branch) => {
      const property = propertiesOf(branch)[name]
      return property !== undefined && allowedValues(property)?.length === 1
    }),
  )
}

/** Index of the branch that a value means by its discriminator, its case aside; -1 when none. */
export const branchIndex = (branches: readonly Json[], value: unknown): number => {
  const name = discriminatorOf(branches)
  if (name === undefined || !isObject(value)) return -1
  const said = String(value[name]).toLowerCase()
  return branches.findIndex((branch) => {
    const property = propertiesOf(branch)[name]
    return property !== undefined && String(allowedValues(property)?.[0]).toLowerCase() === said
  })
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** RFC 6901. */
export const pointerTo = (parent: string, key: string | number): string =>
  `${parent}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
