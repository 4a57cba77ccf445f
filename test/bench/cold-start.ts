import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { textTable } from '../../lib/local/text-table.ts'
import { packageService, projectRoot } from '../support/stack-package.ts'

const runs = 20

/** What the deployed datasource bundle is compared with. */
const baselines = {
  empty: 'export const handler = async () => ({})',
  'client-ssm alone': "import { SSMClient } from '@aws-sdk/client-ssm'\nexport const handler = () => new SSMClient({})",
}

/** Import time and size of the bundle of `POST /datasource` as it is deployed, next to two baselines. */
export const coldStart = async (): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'cold-start-'))
  const packaged = await packageService()
  try {
    const files = [['datasource', join(packaged.bundles, 'functions/datasource/handler.mjs')]]
    for (const [name, contents] of Object.entries(baselines)) {
      const file = join(directory, `${name.replaceAll(' ', '-')}.mjs`)
      await bundle(contents, file)
      files.push([name, file])
    }
    const times = new Map(files.map(([name = '']) => [name, [] as number[]]))
    // In turns, so that a busy moment of the machine does not hit one of them alone.
    for (let run = 0; run < runs; run++)
      for (const [name = '', file = ''] of files) times.get(name)?.push(await importMs(directory, file))
    const rows = files.map(async ([name = '', file = '']) => {
      const sorted = (times.get(name) ?? []).sort((a, b) => a - b)
      const at = (share: number) => Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1))
      return [name, Math.round((await stat(file)).size / 1024), at(0.5), at(0), at(0.9)]
    })
    console.log(`Import of the bundle in a new process, ${runs} runs each, node ${process.version}`)
    console.log(textTable(['bundle', 'KiB', 'median ms', 'least ms', 'p90 ms'], await Promise.all(rows)))
  } finally {
    await packaged.remove()
    await rm(directory, { recursive: true })
  }
}

/** With the options of serverless.yml. */
const bundle = (contents: string, outfile: string) =>
  build({
    stdin: { contents, resolveDir: projectRoot },
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  })

const importMs = async (directory: string, file: string): Promise<number> => {
  const script = join(directory, 'import.mjs')
  await writeFile(
    script,
    'const startedAt = performance.now()\nawait import(process.argv[2])\nconsole.log(performance.now() - startedAt)',
  )
  const env = { PATH: process.env.PATH, AWS_REGION: 'us-east-1', STAGE: 'local' }
  const { stdout } = await promisify(execFile)(process.execPath, [script, file], { env })
  return Number(stdout)
}
