import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anyPort } from '../../../../lib/local/port.ts'
import { stopLeftPostgres } from '../../../../lib/local/sample/postgres-server.ts'
import { type SampleDatabase, startSampleDatabase } from '../../../../lib/local/sample/sample-database.ts'
import { sampleActivity } from '../../../../lib/local/sample/sample-schema.ts'

const password = 'canary-sample-database'
let parent: string
let sample: SampleDatabase
const lines: string[] = []

const start = async () =>
  startSampleDatabase({
    directory: join(parent, 'postgres'),
    port: await anyPort(),
    password,
    durable: false,
    size: { customers: 100, orders: 2000 },
    log: (line) => lines.push(line),
  })

const digest = async () =>
  (
    await sample.query<{ customers: string; orders: string }>(`SELECT
      (SELECT md5(string_agg(c::text, '|' ORDER BY id)) FROM customers c) AS customers,
      (SELECT md5(string_agg(o::text, '|' ORDER BY id)) FROM orders o) AS orders`)
  )[0]

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sample-database-'))
  await chmod(parent, 0o711)
  // What a run leaves that was killed while it made the cluster.
  await mkdir(join(parent, 'postgres.unfinished', 'data'), { recursive: true })
  await writeFile(join(parent, 'postgres.unfinished', 'data', 'PG_VERSION'), '18')
  sample = await start()
  expect(await readdir(parent)).toEqual(['postgres'])
})

afterAll(async () => {
  await sample.close()
  await rm(parent, { recursive: true })
})

describe('the sample database', () => {
  it('holds the same rows in every run', async () => {
    expect(await digest()).toMatchInlineSnapshot(`
      {
        "customers": "2b91e226512f06541057af884133ea5e",
        "orders": "97bb44c6863b73dcf0bfeb6c31776bef",
      }
    `)
  })

  it('wants its password', async () => {
    const { default: pg } = await import('pg')
    const { username: user, ...address } = sample.address
    await expect(new pg.Client({ ...address, user, password: 'wrong' }).connect()).rejects.toThrow(/password/)
  })

  it('shows no password in the process list or the log', async () => {
    const { execFileSync } = await import('node:child_process')
    expect(execFileSync('ps', ['-eww', '-o', 'args='], { encoding: 'utf8' })).not.toContain(password)
    expect(lines.join('\n')).not.toContain(password)
  })

  it('adds new orders and changes old ones', async () => {
    const [before] = await sample.query<{ now: Date }>('SELECT clock_timestamp() AS now')
    await sample.query(sampleActivity({ added: 30, changed: 20 }))
    const touched = await sample.query<{ id: string }>('SELECT id FROM orders WHERE updated_at > $1 ORDER BY id', [
      before?.now,
    ])
    expect(touched.map(({ id }) => Number(id))).toEqual([
      ...Array.from({ length: 20 }, (_, index) => index + 1),
      ...Array.from({ length: 30 }, (_, index) => index + 2001),
    ])
  })

  it('is kept, also when the run before was killed and left its server', async () => {
    const orphan = sample
    await stopLeftPostgres(join(parent, 'postgres'), (line) => lines.push(line))
    const again = await start()
    await orphan.server.exited
    expect(lines.join('\n')).toContain(`stopping Postgres ${orphan.server.pid}`)
    sample = again
    expect(await sample.query('SELECT count(*)::int AS count FROM orders')).toEqual([{ count: 2030 }])
  })
})
