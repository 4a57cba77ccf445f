import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
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

/** An API that answers every request with these records. */
const startApi = async (records: readonly object[]) => {
  const server = createServer((_, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: records })),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe.runIf(!missing)('the client of the API reference', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await startShop()
  })
  afterAll(() => shop?.stop())

  it('works as printed', async () => {
    await using engine = await testEngine()
    const { postgres, s3 } = shop
    // A database of its own: by the rule of the connection, streams keep their schema.
    await shop.sql.query('CREATE DATABASE staging')
    await using api = await startApi([{ id: 1, name: 'one' }, { id: 2 }])
    const { stdout } = await promisify(execFile)('python3', [
      program,
      ...['--base-url', engine.url()],
      ...['--pg', [postgres.host, postgres.port, postgres.database, postgres.username, postgres.password].join(':')],
      ...['--s3', [s3.endpoint, s3.accessKeyId, s3.secretAccessKey, s3.bucket].join(':')],
      ...['--pg-dest', [postgres.host, postgres.port, 'staging', postgres.username, postgres.password].join(':')],
      ...['--rest', `${api.url}/customers`],
      ...['--streams', 'orders'],
    ])
    const counts = { recordsSynced: 1000, secondSync: 0, postgresDestination: 1000, rest: 2 }
    expect(JSON.parse(stdout)).toMatchObject(counts)
  })
})
