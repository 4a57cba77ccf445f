import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bundleCache } from '../../../lib/local/bundle-cache.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bundle-cache-'))
  for (const file of ['serverless.yml', 'package-lock.json', 'functions/sync/handler.ts', 'lib/log.ts'])
    await write(file)
})
afterEach(() => rm(root, { recursive: true }))

const write = async (file: string, text = 'first') => {
  await mkdir(dirname(join(root, file)), { recursive: true })
  await writeFile(join(root, file), text)
}
/** Asks as a new start would. */
const restored = async (): Promise<string | undefined> => {
  const to = await mkdtemp(join(root, 'start-'))
  const found = await (await bundleCache(root)).restore(join(to, 'build'))
  return found ? await readFile(join(to, 'build/handler.mjs'), 'utf8') : undefined
}

it('bundles are kept until something changes that they are made from', async () => {
  for (const [index, file] of [
    'serverless.yml',
    'package-lock.json',
    'functions/sync/handler.ts',
    'lib/log.ts',
  ].entries()) {
    await write(file, 'changed')
    expect(await restored(), file).toBeUndefined()
    await write('build/handler.mjs', `bundle ${index}`)
    await (await bundleCache(root)).keep(join(root, 'build'))
    expect(await restored()).toBe(`bundle ${index}`)
    expect(await readdir(join(root, 'node_modules/.cache/functions'))).toHaveLength(1)
  }
})

it('bundles of sources that changed while they were built are not kept', async () => {
  const cache = await bundleCache(root)
  await write('build/handler.mjs')
  await write('lib/log.ts', 'changed')
  await cache.keep(join(root, 'build'))
  expect(await restored()).toBeUndefined()
})
