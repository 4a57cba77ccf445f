import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

interface Import {
  file: string
  /** Project path for a relative import, package name else. */
  target: string
}

/** What follows `from`, `import` and `import(`: the formatter leaves one way to write it. */
const specifier = /(?:from |import |import\()'([^']+)'/g

const files = globSync(['functions/**/*.ts', 'lib/**/*.ts'], { cwd: root }).sort()

const imports: readonly Import[] = files.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(specifier)].map(([, name = '']) => ({
    file,
    target: name.startsWith('.') ? relative(root, resolve(root, dirname(file), name)) : name,
  })),
)

const breaking = (rule: (edge: Import) => boolean) =>
  imports.filter(rule).map(({ file, target }) => `${file} -> ${target}`)
const isUnder = (path: string, ...folders: string[]) => folders.some((folder) => path.startsWith(`${folder}/`))
const isDeployed = (file: string) =>
  isUnder(file, 'functions', 'lib/http', 'lib/ingestion', 'lib/airbyte', 'lib/aws') || /^lib\/[^/]+\.ts$/.test(file)

describe('imports', () => {
  it('are found at all', () => expect(imports.length).toBeGreaterThan(50))

  it('functions reach http, ingestion and services only', () =>
    expect(
      breaking(
        ({ file, target }) =>
          isUnder(file, 'functions') &&
          isUnder(target, 'lib') &&
          !isUnder(target, 'lib/http', 'lib/ingestion') &&
          target !== 'lib/services.ts',
      ),
    ).toEqual([]))

  it('nothing deployed imports the engine, a connector or the local stack', () =>
    expect(
      breaking(({ file, target }) => isDeployed(file) && isUnder(target, 'lib/engine', 'lib/connectors', 'lib/local')),
    ).toEqual([]))

  it('the engine reaches connectors by their contract and registry only', () =>
    expect(
      breaking(
        ({ file, target }) =>
          isUnder(file, 'lib/engine') &&
          isUnder(target, 'lib/connectors') &&
          !['lib/connectors/connector.ts', 'lib/connectors/registry.ts'].includes(target),
      ),
    ).toEqual([]))

  it('the engine knows nothing of the control plane', () =>
    expect(
      breaking(
        ({ file, target }) =>
          isUnder(file, 'lib/engine', 'lib/connectors') &&
          isUnder(target, 'lib/http', 'lib/ingestion', 'lib/airbyte', 'lib/aws', 'lib/local', 'functions'),
      ),
    ).toEqual([]))

  it('connectors import neither one another nor the engine', () =>
    expect(
      breaking(({ file, target }) => {
        const own = /^lib\/connectors\/((?:source|destination)-[^/]+)\//.exec(file)?.[1]
        const other = /^lib\/connectors\/((?:source|destination)-[^/]+)\//.exec(target)?.[1]
        return (
          isUnder(file, 'lib/connectors') &&
          (isUnder(target, 'lib/engine') || (own !== undefined && other !== undefined && own !== other))
        )
      }),
    ).toEqual([]))

  it('the AWS SDK stays in lib/aws, destination-s3 and the local stack', () =>
    expect(
      breaking(
        ({ file, target }) =>
          target.startsWith('@aws-sdk/') && !isUnder(file, 'lib/aws', 'lib/connectors/destination-s3', 'lib/local'),
      ),
    ).toEqual([]))
})

describe('process.env', () => {
  it('is read by lib/config.ts and the local stack only', () => {
    const readers = files.filter((file) => /\bprocess\.env\b/.test(readFileSync(join(root, file), 'utf8')))
    expect(readers.filter((file) => file !== 'lib/config.ts' && !isUnder(file, 'lib/local'))).toEqual([])
  })
})
