import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Json } from '../../airbyte/types.ts'
import type { Fault } from '../../errors.ts'
import {
  allowedValues,
  branchesOf,
  branchIndex,
  discriminatorOf,
  isObject,
  pointerTo,
  propertiesOf,
} from './spec-schema.ts'

const compiled = new WeakMap<Json, ValidateFunction | 'unusable'>()

/** Every way in which a configuration does not fit its connector's specification (draft-07); none = it fits. Values are never quoted: they may be secrets. */
export const checkConfig = async (
  specification: Json,
  config: Json,
  pointer = '/config',
): Promise<readonly Fault[]> => {
  const validate = compiled.get(specification) ?? (await compile(specification))
  if (validate === 'unusable' || validate(config)) return []
  const faults = relevant(validate.errors ?? [], config).map((error) => faultOf(error, config, pointer))
  return [...new Map(faults.map((fault) => [`${fault.pointer} ${fault.message}`, fault])).values()]
}

/** Loaded on first use: only creates need it, and it is half of a bundle. */
const compile = async (specification: Json): Promise<ValidateFunction | 'unusable'> => {
  // Both are CommonJS: bundled as chunks of their own they have a default export and nothing else.
  const [{ default: ajvModule }, { default: formats }] = await Promise.all([import('ajv'), import('ajv-formats')])
  // Specifications hold keywords and patterns of their own; what Airbyte itself lets pass must pass here.
  const ajv = new ajvModule.Ajv({ allErrors: true, strict: false, unicodeRegExp: false, logger: false, verbose: true })
  formats.default(ajv, { mode: 'fast' })
  const { $schema: _, ...schema } = specification
  const validate = compiledOr(() => ajv.compile(schema))
  compiled.set(specification, validate)
  return validate
}

/** A specification that is no valid schema itself (a pattern of another language, a broken reference) is Airbyte's to judge. */
const compiledOr = (compileIt: () => ValidateFunction): ValidateFunction | 'unusable' => {
  try {
    return compileIt()
  } catch {
    return 'unusable'
  }
}

/** Of a one-of only what the meant branch says; when no branch is meant, one error for the whole. */
const relevant = (errors: readonly ErrorObject[], config: Json): readonly ErrorObject[] => {
  const choices = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf')
  return errors.filter((error) =>
    choices.every((choice) => {
      const branches = branchesOf(choice.parentSchema as Json)
      const meant = branchIndex(branches, valueAt(config, choice.instancePath))
      if (error === choice) return meant < 0
      // A value that is no object at all: the choice says what it should be.
      if (error.keyword === 'type' && error.instancePath === choice.instancePath) return false
      if (!error.schemaPath.startsWith(`${choice.schemaPath}/`)) return true
      return meant >= 0 && error.schemaPath.startsWith(`${choice.schemaPath}/${meant}/`)
    }),
  )
}

const valueAt = (value: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
      value,
    )

const faultOf = (error: ErrorObject, config: Json, root: string): Fault => {
  const at = root + error.instancePath
  const { params } = error
  switch (error.keyword) {
    case 'required':
      return { pointer: pointerTo(at, params.missingProperty), message: requiredMessage(error) }
    case 'additionalProperties':
      return { pointer: pointerTo(at, params.additionalProperty), message: 'is not a field of this connector' }
    case 'enum':
      return { pointer: at, message: `must be one of ${listed(params.allowedValues)}` }
    case 'const':
      return { pointer: at, message: `must be ${JSON.stringify(params.allowedValue)}` }
    case 'type':
      return { pointer: at, message: `must be ${[params.type].flat().join(' or ')}` }
    case 'pattern': {
      const hint = isObject(error.parentSchema) ? error.parentSchema.pattern_descriptor : undefined
      return {
        pointer: at,
        message: typeof hint === 'string' ? `must look like ${hint}` : `must match ${params.pattern}`,
      }
    }
    case 'oneOf':
    case 'anyOf':
      return choiceFault(error, config, at)
    default:
      return { pointer: at, message: error.message ?? 'does not fit the specification' }
  }
}

const choiceFault = (error: ErrorObject, config: Json, at: string): Fault => {
  const branches = branchesOf(error.parentSchema as Json)
  const name = discriminatorOf(branches)
  if (name === undefined || !isObject(valueAt(config, error.instancePath)))
    return {
      pointer: at,
      message: name
        ? `must be an object with ${name}: one of ${choices(branches, name)}`
        : 'fits none of the forms that the connector accepts',
    }
  return { pointer: pointerTo(at, name), message: `must be one of ${choices(branches, name)}` }
}

const choices = (branches: readonly Json[], name: string) =>
  listed(branches.map((branch) => allowedValues(propertiesOf(branch)[name] ?? {})?.[0]))

const requiredMessage = (error: ErrorObject): string => {
  const property = propertiesOf(error.parentSchema as Json)[error.params.missingProperty as string]
  const title = typeof property?.title === 'string' ? ` (${property.title})` : ''
  return `is required${title}`
}

const listed = (values: readonly unknown[]): string => {
  const shown = values.slice(0, 40).map((one) => JSON.stringify(one))
  return shown.join(', ') + (values.length > shown.length ? ', …' : '')
}
