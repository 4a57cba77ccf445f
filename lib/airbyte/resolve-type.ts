import { IngestionError } from '../errors.ts'
import type { Definition, Kind } from './types.ts'

/** What people call connectors whose docker repository is named otherwise. Tried after exact repository and exact name. */
const aliases: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  source: {
    postgresql: 'postgres',
    pg: 'postgres',
    mongo: 'mongodb-v2',
    mongodb: 'mongodb-v2',
    'sql-server': 'mssql',
    sqlserver: 'mssql',
    'microsoft-sql-server': 'mssql',
    'sample-data-(faker)': 'faker',
    csv: 'file',
    'rest-api': 'rest',
  },
  destination: {
    postgresql: 'postgres',
    pg: 'postgres',
    mongo: 'mongodb',
    'sql-server': 'mssql',
    sqlserver: 'mssql',
    'microsoft-sql-server': 'mssql',
    devnull: 'dev-null',
    '/dev/null': 'dev-null',
    's3-parquet': 's3',
  },
}

const candidatesLimit = 10
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The one definition that `type` means: a definition id, else the docker repository (whole, its last part, or that without
 * `source-`/`destination-`), else the connector's name, else an alias. Never part of a word: "s3" must not become
 * "S3 Data Lake". Throws connector_ambiguous with candidates, or connector_unknown with the nearest names.
 */
export const resolveType = (kind: Kind, type: string, definitions: readonly Definition[]): Definition => {
  const asked = normal(type)
  const rules: readonly ((one: Definition) => boolean)[] = uuid.test(asked)
    ? [(one) => one.definitionId.toLowerCase() === asked]
    : [
        (one) => spellings(kind, one).includes(asked),
        (one) => normal(one.name) === asked,
        (one) => spellings(kind, one).includes(aliases[kind][asked] ?? ''),
      ]
  for (const rule of rules) {
    const found = definitions.filter(rule)
    if (found.length > 1) throw ambiguous(kind, type, found)
    if (found[0]) return found[0]
  }
  const similar = definitions.filter(
    (one) => asked.length >= 2 && (normal(one.name).includes(asked) || typeName(kind, one).includes(asked)),
  )
  if (similar.length > 1) throw ambiguous(kind, type, similar)
  throw unknown(kind, type, similar[0] ? similar : nearest(kind, asked, definitions))
}

/** The word that names a definition in this API: its docker repository's last part without the kind. */
export const typeName = (kind: Kind, definition: Definition): string => {
  const last = definition.dockerRepository.split('/').at(-1) ?? definition.dockerRepository
  return last.startsWith(`${kind}-`) ? last.slice(kind.length + 1) : last
}

const normal = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, '-')

const spellings = (kind: Kind, one: Definition): readonly string[] => {
  const repository = one.dockerRepository.toLowerCase()
  return [repository, repository.split('/').at(-1) ?? repository, typeName(kind, one).toLowerCase()]
}

const candidate = (kind: Kind) => (one: Definition) => ({
  type: typeName(kind, one),
  name: one.name,
  definitionId: one.definitionId,
  dockerRepository: one.dockerRepository,
})

const ambiguous = (kind: Kind, type: string, found: readonly Definition[]) => {
  const shown = found.slice(0, candidatesLimit)
  const message = `"${type}" may mean ${found.length} ${kind} connectors: ${shown.map((one) => one.name).join(', ')}${found.length > shown.length ? ', …' : ''}. Use one of the types (or a definition id) in candidates.`
  return new IngestionError('connector_ambiguous', message, {
    errors: [{ pointer: '/type', message }],
    details: { candidates: shown.map(candidate(kind)) },
  })
}

const unknown = (kind: Kind, type: string, near: readonly Definition[]) => {
  const hint = near.length === 0 ? '' : ` Nearest: ${near.map((one) => typeName(kind, one)).join(', ')}.`
  const message = `No ${kind} connector is called "${type}".${hint}`
  return new IngestionError('connector_unknown', message, {
    errors: [{ pointer: '/type', message }],
    details: { candidates: near.map(candidate(kind)) },
  })
}

const nearest = (kind: Kind, asked: string, definitions: readonly Definition[]): readonly Definition[] =>
  definitions
    .map((one) => ({ one, far: Math.min(distance(asked, normal(one.name)), distance(asked, typeName(kind, one))) }))
    .filter(({ far }) => far <= Math.max(2, Math.floor(asked.length / 3)))
    .sort((a, b) => a.far - b.far)
    .slice(0, 5)
    .map(({ one }) => one)

/** Levenshtein distance; words longer than 64 are not compared. */
const distance = (a: string, b: string): number => {
  if (Math.max(a.length, b.length) > 64) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      )
    row = next
  }
  return row[b.length] ?? 0
}
