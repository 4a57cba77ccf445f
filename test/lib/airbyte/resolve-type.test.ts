import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { resolveType } from '../../../lib/airbyte/resolve-type.ts'
import type { Definition, Kind } from '../../../lib/airbyte/types.ts'
import { IngestionError } from '../../../lib/errors.ts'

const registryFile = new URL('../../../../shared/airbyte/registry-names.json', import.meta.url)
const hasRegistry = existsSync(registryFile)
if (!hasRegistry) console.warn('resolve-type: ../shared/airbyte/registry-names.json is missing, its tests are left out')
const registry = (
  hasRegistry ? JSON.parse(readFileSync(registryFile, 'utf8')) : { sources: [], destinations: [] }
) as Record<'sources' | 'destinations', Definition[]>
const of = (kind: Kind) => (kind === 'source' ? registry.sources : registry.destinations)
const kinds = ['source', 'destination'] as const

const thrown = (kind: Kind, type: string, definitions: readonly Definition[] = of(kind)) => {
  try {
    return `resolved to ${resolveType(kind, type, definitions).name}`
  } catch (error) {
    return error instanceof IngestionError ? error : 'something else'
  }
}

describe.runIf(hasRegistry)('resolveType over the whole registry', () => {
  it.each(kinds)('every %s repository resolves to itself, whole and by its last part', (kind) => {
    for (const one of of(kind)) {
      expect(resolveType(kind, one.dockerRepository, of(kind))).toBe(one)
      expect(resolveType(kind, one.dockerRepository.split('/').at(-1) ?? '', of(kind))).toBe(one)
      expect(resolveType(kind, one.definitionId, of(kind))).toBe(one)
    }
  })

  it.each(kinds)('every unique %s name that is no other repository resolves to itself', (kind) => {
    const names = of(kind).map((one) => one.name.toLowerCase())
    const suffixes = new Set(of(kind).map((one) => one.dockerRepository.split('/').at(-1)?.replace(`${kind}-`, '')))
    for (const one of of(kind)) {
      const name = one.name.toLowerCase()
      const isUnique = names.filter((other) => other === name).length === 1
      if (isUnique && !suffixes.has(name.replaceAll(/[\s_]+/g, '-')))
        expect(resolveType(kind, one.name, of(kind))).toBe(one)
    }
  })

  it.each([
    ['source', 'postgresql', 'Postgres'],
    ['source', 'Postgres', 'Postgres'],
    ['source', 'faker', 'Sample Data'],
    ['source', 'mssql', 'Microsoft SQL Server (MSSQL)'],
    ['source', 'SQL Server', 'Microsoft SQL Server (MSSQL)'],
    ['source', 'mongo', 'MongoDb'],
    ['source', 'oracle', 'Oracle DB'],
    ['source', 's3', 'S3'],
    ['source', 'mysql', 'MySQL'],
    ['destination', 's3', 'S3'],
    ['destination', 'S3', 'S3'],
    ['destination', 's3 data lake', 'S3 Data Lake'],
    ['destination', 'snowflake', 'Snowflake'],
    ['destination', 'mssql', 'MS SQL Server'],
    ['destination', 'mongo', 'MongoDB'],
    ['destination', 'dev-null', 'End-to-End Testing (/dev/null)'],
  ] as const)('%s %s means %s', (kind, type, name) => expect(resolveType(kind, type, of(kind)).name).toBe(name))

  it.each([
    ['source', 'api'],
    ['source', 'google'],
    ['source', 'sql'],
    ['destination', 'google'],
    ['source', 'Customer.io'],
  ] as const)('%s %s is ambiguous and candidates are named', (kind, type) => {
    const error = thrown(kind, type)
    expect(error).toMatchObject({ code: 'connector_ambiguous', errors: [{ pointer: '/type' }] })
    const { candidates } = (error as IngestionError).details as { candidates: { type: string }[] }
    expect(candidates.length).toBeGreaterThan(1)
    for (const { type: one } of candidates) expect(thrown(kind, one)).toMatch(/^resolved to/)
  })

  it.each([
    ['source', 'rest api', undefined],
    ['source', 'postgers', 'postgres'],
    ['destination', 'kafak', 'kafka'],
    ['destination', 'no such thing at all', undefined],
  ] as const)('%s %s is unknown', (kind, type, near) => {
    const error = thrown(kind, type)
    expect(error).toMatchObject({ code: 'connector_unknown' })
    if (near) expect((error as IngestionError).message).toContain(near)
  })
})

describe('resolveType', () => {
  it('an own REST connector is found by its name', () => {
    const rest = { definitionId: 'x', name: 'REST API', dockerRepository: 'airbyte/source-rest' }
    expect(resolveType('source', 'REST API', [rest])).toBe(rest)
    expect(resolveType('source', 'rest', [rest])).toBe(rest)
  })

  it('a long word of nonsense is answered quickly', () =>
    expect(thrown('source', 'x'.repeat(256), of('source'))).toMatchObject({ code: 'connector_unknown' }))
})
