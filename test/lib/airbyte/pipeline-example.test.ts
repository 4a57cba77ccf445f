import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Shop, startShop } from '../engine/shop.ts'
import { testEngine } from '../engine/test-engine.ts'

const source = readFileSync(new URL('pipeline-example.ts', import.meta.url), 'utf8')
const readmeFile = new URL('../../../README.md', import.meta.url)
const readme = existsSync(readmeFile) ? readFileSync(readmeFile, 'utf8') : ''

let shop: Shop
beforeAll(async () => {
  shop = await startShop()
})
afterAll(() => shop?.stop())

it("the API reference's whole pipeline runs with the client", async () => {
  await using engine = await testEngine()
  const { postgres, s3 } = shop
  Object.assign(process.env, {
    AIRBYTE_BASE_URL: engine.url(),
    PG_HOST: postgres.host,
    PG_PORT: String(postgres.port),
    PG_DATABASE: postgres.database,
    PG_USER: postgres.username,
    PG_PASSWORD: postgres.password,
    S3_ENDPOINT: s3.endpoint,
    S3_BUCKET: s3.bucket,
    S3_KEY: s3.accessKeyId,
    S3_SECRET: s3.secretAccessKey,
  })
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  await import('./pipeline-example.ts')
  expect(print.mock.calls.flat()).toEqual(['Sync started: job 1', 'Job 1 succeeded: 1000 rows'])
  print.mockRestore()
})

it.runIf(readme.includes('connectAirbyte('))('README.md has it word for word', () => {
  expect(readme).toContain(source.replaceAll('../../../lib/', './lib/'))
})
