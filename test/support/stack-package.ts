import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

export interface Packaged {
  /** Zips and CloudFormation templates. */
  readonly output: string
  /** The bundles as they are in the zips, by their path in the project. */
  readonly bundles: string
  remove(): Promise<void>
}

/** `serverless package` into a directory of its own, with nothing of the user's environment: no credentials, no profile. */
export const packageService = async (
  stage = 'dev',
  params: Readonly<Record<string, string>> = {},
): Promise<Packaged> => {
  const directory = await mkdtemp(join(tmpdir(), 'package-'))
  const output = join(directory, 'output')
  const build = join(directory, 'build')
  await promisify(execFile)(
    process.execPath,
    [
      fileURLToPath(import.meta.resolve('serverless/bin/serverless.js')),
      ...['package', '--stage', stage, '--package', output],
      ...[`--param=buildFolder=${relative(projectRoot, build)}`, '--param=keepBuild=true'],
      ...Object.entries(params).map(([name, value]) => `--param=${name}=${value}`),
    ],
    {
      cwd: projectRoot,
      // The framework's validators are made once, not for each new home.
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        // serverless-esbuild leaves folders there.
        TMPDIR: directory,
        SLS_SCHEMA_CACHE_BASE_DIR: join(projectRoot, 'node_modules/.cache'),
      },
      maxBuffer: 16 * 1024 * 1024,
    },
  )
  return { output, bundles: join(build, '.build'), remove: () => rm(directory, { recursive: true }) }
}
