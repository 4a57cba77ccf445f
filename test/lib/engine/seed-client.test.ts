import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Shop, startShop } from './shop.ts'
import { testEngine } from './test-engine.ts'

/** The programs of the API reference, as printed there; they lie beside the checkout. */
const program = join(import.meta.dirname, '../../../../shared/acceptance/seed_client.py')

const missing = (() => {
  if (!existsSync(program)) return `${program} is not there`
  try {
    execFileSync('python3', ['-c', 'import requests'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'python3 with requests is not there'
  }
})()
if (missing) console.warn(`The API reference's own client is not run: ${missing}.`)

describe.runIf(!missing)('the client of the API reference', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await startShop()
  })
  afterAll(() => shop?.stop())

  it('works as printed', async () => {
    await using engine = await testEngine()
    const { postgres, s3 } = shop
    const { stdout } = await promisify(execFile)('python3', [
      program,
      ...['--base-url', engine.url()],
      ...['--pg', [postgres.host, postgres.port, postgres.database, postgres.username, postgres.password].join(':')],
      ...['--s3', [s3.endpoint, s3.accessKeyId, s3.secretAccessKey, s3.bucket].join(':')],
      ...['--streams', 'orders'],
    ])
    expect(JSON.parse(stdout)).toMatchObject({ recordsSynced: 1000, secondSync: 0 })
  })
})
