import type { Json } from '../../airbyte/types.ts'
import { allowedValues, branchesOf, isObject, isSecret, propertiesOf, requiredOf } from './spec-schema.ts'

/** A configuration that a specification accepts: what is required, and secrets, each with an example, default or allowed value. */
export const exampleConfig = (specification: Json): Json => objectExample(specification, 0)

const depthLimit = 8

const objectExample = (schema: Json, depth: number): Json => {
  const required = requiredOf(schema)
  const properties = Object.entries(propertiesOf(schema)).sort(([, a], [, b]) => orderOf(a) - orderOf(b))
  return Object.fromEntries(
    properties
      .filter(
        ([name, property]) => required.includes(name) || (isSecret(property) && branchesOf(property).length === 0),
      )
      .map(([name, property]) => [name, valueExample(name, property, depth + 1)]),
  )
}

const orderOf = (schema: Json): number => (typeof schema.order === 'number' ? schema.order : Number.MAX_SAFE_INTEGER)

const valueExample = (name: string, schema: Json, depth: number): unknown => {
  const branches = branchesOf(schema)
  if (branches.length > 0 && depth < depthLimit) {
    const branch = branches.find((one) => isDefaultBranch(schema, one)) ?? branches[0] ?? {}
    return isObject(branch.properties) ? objectExample(branch, depth) : valueExample(name, branch, depth)
  }
  const allowed = allowedValues(schema)
  if (allowed) return allowed.find((one) => one !== '') ?? allowed[0]
  if (isSecret(schema)) return textOf(name, schema)
  if (schema.default !== undefined && schema.default !== '') return schema.default
  if (Array.isArray(schema.examples) && schema.examples[0] !== undefined)
    return fitting(schema, schema.examples[0]) ?? textOf(name, schema)
  switch (Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type) {
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? schema.minimum : 1
    case 'boolean':
      return false
    case 'array':
      return Number(schema.minItems ?? 0) > 0 && isObject(schema.items) && depth < depthLimit
        ? [valueExample(name, schema.items, depth + 1)]
        : []
    case 'object':
      return depth < depthLimit ? objectExample(schema, depth) : {}
    default:
      return textOf(name, schema)
  }
}

/** Specifications write examples as text whatever the type. */
const fitting = (schema: Json, example: unknown): unknown => {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'integer' || type === 'number') return Number.isFinite(Number(example)) ? Number(example) : undefined
  if (type === 'boolean') return example === true || example === 'true'
  if (type === 'array') return Array.isArray(example) ? example : [example]
  return example
}

const textOf = (name: string, schema: Json): string => {
  const text = `<${name}>`
  const least = typeof schema.minLength === 'number' ? schema.minLength : 0
  const most = typeof schema.maxLength === 'number' ? schema.maxLength : text.length
  return text.padEnd(least, '.').slice(0, Math.max(most, least))
}

/** A form opens with the branch that its default names. */
const isDefaultBranch = (schema: Json, branch: Json): boolean => {
  const preset = schema.default
  if (!isObject(preset)) return false
  return Object.entries(propertiesOf(branch)).some(([name, property]) => {
    const allowed = allowedValues(property)
    return allowed?.length === 1 && allowed[0] === preset[name]
  })
}
