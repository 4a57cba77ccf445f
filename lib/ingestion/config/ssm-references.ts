import type { Json } from '../../airbyte/types.ts'
import { type Fault, IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import { mask, maskSecrets } from './mask-secrets.ts'
import { isObject, pointerTo } from './spec-schema.ts'

interface Reference {
  pointer: string
  path: unknown
}

/**
 * The configuration with each `{"$ssm":"/path"}` replaced by that parameter's value. Only secrets may be referred to, since
 * Airbyte shows everything else, and only under the service's own prefix. Throws invalid_input with a fault a reference.
 */
export const resolveReferences = async (
  { secrets }: Services,
  specification: Json | undefined,
  config: Json,
  signal: AbortSignal,
): Promise<Json> => {
  const references = referencesIn(config, '/config')
  if (references.length === 0) return config
  const faults = references.flatMap(({ pointer, path }): Fault[] => {
    if (typeof path !== 'string' || !path.startsWith(secrets.prefix) || !/^[\w./-]+$/.test(path) || path.includes('..'))
      return [{ pointer, message: `must be {"$ssm":"…"} with the name of an SSM parameter under ${secrets.prefix}` }]
    return isMasked(specification, config, pointer)
      ? []
      : [{ pointer, message: 'is not a secret of this connector: Airbyte would show it, so write it here' }]
  })
  if (faults.length > 0) throw refused(faults)

  const paths = [...new Set(references.map(({ path }) => String(path)))]
  const values = await secrets.read(paths, signal).catch((cause: unknown) => {
    throw new IngestionError(
      'not_configured',
      `The SSM parameters under ${secrets.prefix} cannot be read. Check that the function may call ssm:GetParameters on them and can reach SSM.`,
      { cause },
    )
  })
  const missing = references
    .filter(({ path }) => !values.has(String(path)))
    .map(({ pointer }) => ({ pointer, message: 'names no SSM parameter' }))
  if (missing.length > 0) throw refused(missing)
  return replaced(config, (path) => values.get(String(path))) as Json
}

const referenceOf = (value: unknown): { path: unknown } | undefined =>
  isObject(value) && Object.hasOwn(value, '$ssm') ? { path: value.$ssm } : undefined

const referencesIn = (value: unknown, pointer: string): readonly Reference[] => {
  const reference = referenceOf(value)
  if (reference) return [{ pointer, ...reference }]
  if (Array.isArray(value)) return value.flatMap((one, index) => referencesIn(one, pointerTo(pointer, index)))
  return isObject(value)
    ? Object.entries(value).flatMap(([name, one]) => referencesIn(one, pointerTo(pointer, name)))
    : []
}

const replaced = (value: unknown, of: (path: unknown) => unknown): unknown => {
  const reference = referenceOf(value)
  if (reference) return of(reference.path)
  if (Array.isArray(value)) return value.map((one) => replaced(one, of))
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one, of)]))
    : value
}

/** What would be masked in every answer may come from elsewhere. */
const isMasked = (specification: Json | undefined, config: Json, pointer: string): boolean => {
  const shown: unknown = maskSecrets(specification ?? {}, replaced(config, () => 'value') as Json)
  const at = pointer
    .split('/')
    .slice(2)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : value),
      shown,
    )
  return at === mask
}

const refused = (faults: readonly Fault[]) =>
  new IngestionError(
    'invalid_input',
    faults.length === 1 ? `${faults[0]?.pointer} ${faults[0]?.message}.` : `${faults.length} faults, see errors.`,
    { errors: faults },
  )
