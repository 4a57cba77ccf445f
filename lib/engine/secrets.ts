type Json = unknown
type JsonObject = Readonly<Record<string, Json>>

/** What Airbyte answers instead of a secret, and takes back as "unchanged". */
const mask = '**********'

/** The configuration with every value that the specification marks `airbyte_secret` masked. */
export const maskSecrets = (configuration: JsonObject, specification: JsonObject): JsonObject =>
  asObject(mapSecrets(configuration, [specification], () => mask))

/** `next` with every masked secret replaced by the one that `previous` has in the same place. */
export const keepSecrets = (next: JsonObject, previous: JsonObject, specification: JsonObject): JsonObject =>
  asObject(
    mapSecrets(next, [specification], (value, path) => {
      const kept = value === mask ? valueAt(previous, path) : undefined
      return kept === undefined ? value : kept
    }),
  )

/** Every secret text in the configuration. */
export const secretsOf = (configuration: JsonObject, specification: JsonObject): string[] => {
  const found: string[] = []
  mapSecrets(configuration, [specification], (value) => {
    if (typeof value === 'string' && value !== '') found.push(value)
    return value
  })
  return found
}

/** A function that masks every occurrence of the secrets in a text. */
export const redactor = (secrets: readonly string[]): ((text: string) => string) => {
  // The longest first, or a secret that begins with another would keep its end. Short ones would mask ordinary words.
  const ordered = [...new Set(secrets)].filter((secret) => secret.length > 3).sort((a, b) => b.length - a.length)
  return (text) => ordered.reduce((masked, secret) => masked.replaceAll(secret, mask), text)
}

const mapSecrets = (
  value: Json,
  specifications: readonly Json[],
  onSecret: (value: Json, path: readonly (string | number)[]) => Json,
  path: readonly (string | number)[] = [],
): Json => {
  const applicable = specifications.flatMap(withBranches)
  if (value !== null && value !== undefined && applicable.some(({ airbyte_secret }) => airbyte_secret === true))
    return onSecret(value, path)
  if (Array.isArray(value))
    return value.map((item, index) =>
      mapSecrets(
        item,
        applicable.flatMap(({ items }) => items ?? []),
        onSecret,
        [...path, index],
      ),
    )
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      mapSecrets(
        member,
        applicable.map(({ properties, additionalProperties }) =>
          isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties,
        ),
        onSecret,
        [...path, key],
      ),
    ]),
  )
}

/** A schema and all schemas that its one-ofs may add: whichever branch was meant, its secrets are found. */
const withBranches = (schema: Json): JsonObject[] => {
  if (!isObject(schema)) return []
  const branches = [schema.oneOf, schema.anyOf, schema.allOf].flatMap((branch) => (Array.isArray(branch) ? branch : []))
  return [schema, ...branches.flatMap(withBranches)]
}

const valueAt = (value: Json, path: readonly (string | number)[]): Json =>
  path.reduce<Json>(
    (found, key) => (isObject(found) || Array.isArray(found) ? Reflect.get(found, key) : undefined),
    value,
  )

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const asObject = (value: Json): JsonObject => (isObject(value) ? value : {})
