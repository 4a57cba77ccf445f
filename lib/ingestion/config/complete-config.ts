import type { Json } from '../../airbyte/types.ts'
import {
  allowedValues,
  branchesOf,
  branchIndex,
  isObject,
  isSecret,
  pointerTo,
  propertiesOf,
  requiredOf,
} from './spec-schema.ts'

/** A change that was made to a configuration before it was sent. Values of secrets are left out. */
export interface Adjustment {
  /** Into the request, as it was sent. */
  pointer: string
  from?: unknown
  to?: unknown
  why: string
}

export interface CompletedConfig {
  config: Json
  adjusted: readonly Adjustment[]
}

/** Names that people and the seed wrapper use, and the specification's own; used only where a specification has the latter alone. */
const aliases: readonly (readonly [alias: string, own: string])[] = [
  ['bucket_name', 's3_bucket_name'],
  ['bucket', 's3_bucket_name'],
  ['bucket_region', 's3_bucket_region'],
  ['region', 's3_bucket_region'],
  ['path_prefix', 's3_bucket_path'],
  ['prefix', 's3_bucket_path'],
  ['bucket_path', 's3_bucket_path'],
  ['endpoint', 's3_endpoint'],
  ['aws_access_key_id', 'access_key_id'],
  ['aws_secret_access_key', 'secret_access_key'],
  ['user', 'username'],
  ['username', 'user'],
  ['dbname', 'database'],
  ['db', 'database'],
]

/** What a required one-of gets when it is missing, by its name; the first that the specification has a branch for. */
const oneOfDefaults: Readonly<Record<string, readonly Json[]>> = {
  replication_method: [{ method: 'Standard' }],
  format: [{ format_type: 'Parquet', compression_codec: 'SNAPPY' }, { format_type: 'JSONL' }],
  tunnel_method: [{ tunnel_method: 'NO_TUNNEL' }],
}

/** `ssl` as a yes or no → modes by preference. */
const sslModes = { true: ['require', 'required'], false: ['disable', 'preferred', 'prefer'] } as const

/**
 * The configuration that a user meant, in the connector's own terms: names, one-ofs that are required, case of listed
 * values, numbers written as text. Changes nothing that the specification accepts, and checks nothing.
 */
export const completeConfig = (specification: Json, config: Json, pointer = '/config'): CompletedConfig => {
  const adjusted: Adjustment[] = []
  const note = (adjustment: Adjustment) => {
    adjusted.push(adjustment)
  }
  const named = withSslMode(specification, withOwnNames(specification, config, pointer, note), pointer, note)
  const filled = withRequired(specification, named, pointer, note)
  return { config: objectAs(specification, filled, pointer, note), adjusted }
}

/** Only the names, for a part of a configuration. */
export const inOwnNames = (specification: Json, part: Json, pointer = '/config'): CompletedConfig => {
  const adjusted: Adjustment[] = []
  const note = (adjustment: Adjustment) => {
    adjusted.push(adjustment)
  }
  return {
    config: withSslMode(specification, withOwnNames(specification, part, pointer, note), pointer, note),
    adjusted,
  }
}

type Note = (adjustment: Adjustment) => void

const withOwnNames = (schema: Json, config: Json, pointer: string, note: Note): Json => {
  const properties = propertiesOf(schema)
  const result: Record<string, unknown> = { ...config }
  for (const [alias, own] of aliases) {
    const target = properties[own]
    if (!target || properties[alias] || !(alias in result) || own in result) continue
    result[own] = result[alias]
    delete result[alias]
    note({ pointer: pointerTo(pointer, alias), to: own, why: `is called ${own} by the connector` })
  }
  return result
}

const withSslMode = (schema: Json, config: Json, pointer: string, note: Note): Json => {
  const { ssl_mode: mode, ssl: own } = propertiesOf(schema)
  if (!mode || typeof config.ssl !== 'boolean') return config
  const { ssl, ...rest } = config
  const base = own ? config : rest
  if ('ssl_mode' in config) return base
  const branches = branchesOf(mode)
  const chosen = sslModes[`${ssl as boolean}`]
    .map((name) => ({ mode: name }))
    .find((value) => branchIndex(branches, value) >= 0)
  if (!chosen) return base
  note({ pointer: pointerTo(pointer, 'ssl'), from: ssl, to: { ssl_mode: chosen }, why: 'is ssl_mode in the connector' })
  return { ...base, ssl_mode: chosen }
}

const withRequired = (schema: Json, config: Json, pointer: string, note: Note): Json => {
  const properties = propertiesOf(schema)
  const result: Record<string, unknown> = { ...config }
  for (const name of requiredOf(schema)) {
    const property = properties[name]
    if (!property || (result[name] !== undefined && result[name] !== null)) continue
    const branches = branchesOf(property)
    const value =
      branches.length > 0
        ? oneOfDefaults[name]?.find((one) => branchIndex(branches, one) >= 0)
        : // An empty text as a default is a form's way to say "nothing chosen yet".
          property.default === '' || isObject(property.default)
          ? undefined
          : property.default
    if (value === undefined) continue
    const to = valueAs(property, value, '', () => {})
    result[name] = to
    note({ pointer: pointerTo(pointer, name), to, why: 'is required and was missing: the default' })
  }
  return result
}

const objectAs = (schema: Json, value: Json, pointer: string, note: Note): Json => {
  const properties = propertiesOf(schema)
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined
      return [name, property ? valueAs(property, one, pointerTo(pointer, name), note) : one]
    }),
  )
}

/** A value in the form that its schema wants, where that is beyond doubt; itself else. */
const valueAs = (schema: Json, value: unknown, pointer: string, note: Note): unknown => {
  const branches = branchesOf(schema)
  if (branches.length > 0) {
    const branch = branches[branchIndex(branches, value)]
    return branch && isObject(value) ? objectAs(branch, value, pointer, note) : value
  }
  if (isObject(value)) return objectAs(schema, value, pointer, note)
  if (Array.isArray(value))
    return isObject(schema.items)
      ? value.map((one, index) => valueAs(schema.items as Json, one, pointerTo(pointer, index), note))
      : value
  if (typeof value !== 'string') return value
  const better = spelledAs(schema, value) ?? numberAs(schema, value)
  if (better === undefined || better.to === value) return value
  note(isSecret(schema) ? { pointer, why: better.why } : { pointer, from: value, ...better })
  return better.to
}

const spelledAs = (schema: Json, value: string): { to: unknown; why: string } | undefined => {
  const allowed = allowedValues(schema)
  if (!allowed || allowed.includes(value)) return undefined
  const matches = allowed.filter((one) => typeof one === 'string' && one.toLowerCase() === value.trim().toLowerCase())
  return matches.length === 1 ? { to: matches[0], why: 'is spelled so by the connector' } : undefined
}

const numberAs = (schema: Json, value: string): { to: unknown; why: string } | undefined => {
  const isInteger = schema.type === 'integer'
  if (!isInteger && schema.type !== 'number') return undefined
  const number = Number(value.trim())
  if (!/^-?\d+(\.\d+)?$/.test(value.trim()) || (isInteger && !Number.isSafeInteger(number))) return undefined
  return { to: number, why: 'is a number in the connector' }
}
