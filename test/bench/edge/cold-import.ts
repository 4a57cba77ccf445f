import { execFile } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { textTable } from '../../../lib/local/demo/text-table.ts'
import { projectRoot } from '../../support/stack-package.ts'

const runs = 20

const handlerAlone = 'export const handler = async () => ({ statusCode: 200 })'

const baselines = {
  'empty handler': handlerAlone,
  'client-ssm alone': `
    import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm'
    const client = new SSMClient({})
    export const handler = async () => client.send(new GetParametersByPathCommand({ Path: '/' }))`,
  'middy + zod + client-ssm': `
    import middy from '@middy/core'
    import * as z from 'zod'
    import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm'
    const client = new SSMClient({})
    const body = z.object({ name: z.string() })
    export const handler = middy(async (event) => {
      body.parse(event)
      return client.send(new GetParametersByPathCommand({ Path: '/' }))
    })`,
}

/** With the bar of each: its import relative to the baseline with middy, and its size. */
const bars: Readonly<Record<string, { times: number; kib: number }>> = {
  datasource: { times: 1.3, kib: 700 },
  sink: { times: 1.3, kib: 700 },
  ingestion: { times: 1.3, kib: 700 },
  poll: { times: 1.3, kib: 700 },
  sync: { times: 2, kib: 1200 },
}

/** Import of every bundle as it is deployed, in a process of its own each time, beside the baselines. */
export const coldImports = async (directory: string, bundles: string): Promise<string[]> => {
  const files = new Map<string, { file: string; kib: number }>()
  for (const [name, contents] of Object.entries(baselines)) {
    const file = join(directory, `${name.replaceAll(/\W+/g, '-')}.mjs`)
    await bundle(contents, file)
    files.set(name, { file, kib: statSync(file).size / 1024 })
  }
  for (const name of readdirSync(join(bundles, 'functions')).sort()) {
    const folder = join(bundles, 'functions', name)
    files.set(name, { file: join(folder, 'handler.mjs'), kib: sizeOf(folder) / 1024 })
  }
  const script = join(directory, 'import.mjs')
  await writeFile(
    script,
    'const startedAt = performance.now()\nawait import(process.argv[2])\nconsole.log(performance.now() - startedAt)',
  )
  const times = new Map([...files.keys()].map((name) => [name, [] as number[]]))
  // In turns, so that a busy moment of the machine does not hit one of them alone.
  for (let run = 0; run < runs; run++)
    for (const [name, { file }] of files) times.get(name)?.push(await importMs(script, file))
  const median = (name: string) => (times.get(name) ?? []).sort((a, b) => a - b)[runs / 2] ?? 0
  const reference = median('middy + zod + client-ssm')
  const rows = [...files].map(([name, { kib }]) => {
    const bar = bars[name]
    const relative = median(name) / reference
    return [name, Math.round(kib), rounded(median(name)), rounded(relative), bar?.times ?? '', bar?.kib ?? '']
  })
  console.log(`Import of each bundle in a new process, median of ${runs}, node ${process.version}`)
  console.log(textTable(['bundle', 'KiB', 'ms', 'relative', 'bar', 'bar KiB'], rows))
  return [...files].flatMap(([name, { kib }]) => {
    const bar = bars[name]
    if (!bar) return []
    const relative = median(name) / reference
    return [
      ...(relative > bar.times ? [`${name} takes ${rounded(relative)} × the bare bundle, bar ${bar.times}`] : []),
      ...(kib > bar.kib ? [`${name} is ${Math.round(kib)} KiB, bar ${bar.kib}`] : []),
    ]
  })
}

const rounded = (value: number) => Number(value.toFixed(value < 10 ? 2 : 1))

const sizeOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)

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

const importMs = async (script: string, file: string): Promise<number> => {
  const env = { PATH: process.env.PATH, AWS_REGION: 'us-east-1', STAGE: 'local' }
  const { stdout } = await promisify(execFile)(process.execPath, [script, file], { env })
  return Number(stdout)
}
