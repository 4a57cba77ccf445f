import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { airbyteRetryPolicy } from '../../../lib/engine/jobs/retry-policy.ts'
import { eventually } from '../../support/eventually.ts'
import { type Shop, startShop } from './shop.ts'
import { canMount, smallDisk } from './small-disk.ts'
import { testEngine } from './test-engine.ts'

let shop: Shop
beforeAll(async () => {
  shop = await startShop()
})
afterAll(() => shop?.stop())

describe.runIf(canMount())('a full disk', () => {
  it('of the engine is named by the job that it ends and by the API, and the job goes on when there is room', async () => {
    const disk = smallDisk(32)
    try {
      await shop.setPace(0.01)
      await using engine = await testEngine({
        dataDir: disk.folder,
        retryPolicy: { ...airbyteRetryPolicy, backoffMs: 10 },
      })
      const connectionId = await shop.link(engine.call, { stream: 'slow' })
      const other = await shop.link(engine.call)
      const { job } = (await engine.call('/connections/sync', { connectionId })).body
      await shop.isReadingSlowly()
      disk.fill()
      // The engine stays up, and refuses what it cannot keep.
      const refused = await engine.call('/connections/sync', { connectionId: other })
      expect(refused).toMatchObject({ status: 500, body: { message: expect.stringContaining('disk is full') } })
      expect((await engine.call('/health')).status).toBe(200)
      await eventually(() => engine.lines.some((line) => line.startsWith('the store failed')) || undefined)
      disk.free()
      await shop.setPace(0)
      const info = await engine.finished(job.id)
      expect(info.job).toMatchObject({ status: 'succeeded' })
      expect(info.attempts[0].attempt.failureSummary.failures[0].externalMessage).toMatch(/disk is full/)
      const again = await engine.call('/connections/sync', { connectionId: other })
      expect((await engine.finished(again.body.job.id)).job.status).toBe('succeeded')
    } finally {
      disk.remove()
    }
  })

  it('of a destination database fails the job and names it, and the next sync succeeds when there is room', async () => {
    const disk = smallDisk(1, 'uid=postgres,mode=0700')
    try {
      await shop.sql.query(
        `CREATE TABLE filling AS SELECT i AS id, repeat(md5(i::text), 50) AS text FROM generate_series(1, 10000) i`,
      )
      await shop.sql.query(`CREATE TABLESPACE tiny LOCATION '${disk.folder}'`)
      await shop.sql.query('CREATE DATABASE cramped')
      await shop.sql.query('ALTER DATABASE cramped SET default_tablespace = tiny')
      await using engine = await testEngine({ retryPolicy: { ...airbyteRetryPolicy, maxCompleteFailuresInRow: 1 } })
      const { host, port, username, password } = shop.postgres
      const destination = { host, port, database: 'cramped', username, password }
      const connectionId = await shop.link(engine.call, {
        stream: 'filling',
        config: { destinationSyncMode: 'overwrite' },
        toPostgres: destination,
      })
      const run = async () => engine.finished((await engine.call('/connections/sync', { connectionId })).body.job.id)
      const failed = await run()
      expect(failed.job.status).toBe('failed')
      expect(failed.attempts[0].attempt.failureSummary.failures[0]).toMatchObject({
        failureOrigin: 'destination',
        failureType: 'transient_error',
        externalMessage: expect.stringMatching(/no space left on its disk/),
      })
      disk.grow(64)
      expect((await run()).job).toMatchObject({ status: 'succeeded', summary: { recordsSynced: 10_000 } })
      await shop.sql.query('DROP DATABASE cramped WITH (FORCE)')
      await shop.sql.query('DROP TABLESPACE tiny')
    } finally {
      disk.remove()
    }
  })
})
