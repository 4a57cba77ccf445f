import { describe, expect, it } from 'vitest'
import { mysql, s3 } from '../../functions/setup.ts'
import { workspaceId } from '../../support/airbyte/store.ts'
import { ask } from '../../support/http-api.ts'
import { type ApiOverAirbyte, unknownId } from './generation.ts'

/** Data sources and sinks, which answer alike. */
export const actorsWork = (api: ApiOverAirbyte) => {
  const { profile, makeSource, makeSink, makeIngestion } = api
  describe.each([
    ['datasource', makeSource],
    ['sink', makeSink],
  ] as const)('a %s', (kind, make) => {
    it('is shown as it was made', async () => {
      const id = await make('one')
      const { status, body } = await ask(`GET /${kind}/{id}`, { path: { id } })
      expect(status).toBe(200)
      expect(body).toMatchObject({ id, name: 'one', type: kind === 'sink' ? 's3' : 'mysql', workspaceId })
      expect(JSON.stringify(body.config)).toContain('**********')
      expect('created' in body).toBe(profile !== '0.40.32')
    })

    it('is listed by name, a page at a time, each once', async () => {
      for (let index = 0; index < 23; index++) await make(`n${String(22 - index).padStart(2, '0')}`)
      const seen: unknown[] = []
      let cursor: string | undefined
      do {
        const { body } = await ask(`GET /${kind}`, { query: { limit: '10', ...(cursor ? { cursor } : {}) } })
        seen.push(...(body.items as { name: string }[]).map(({ name }) => name))
        cursor = body.cursor as string | undefined
      } while (cursor)
      expect(seen).toEqual(Array.from({ length: 23 }, (_, index) => `n${String(index).padStart(2, '0')}`))
    })

    it('is filtered by name and type', async () => {
      await make('apples')
      await make('pears')
      const names = async (query: Record<string, string>) =>
        ((await ask(`GET /${kind}`, { query })).body.items as { name: string }[]).map(({ name }) => name)
      expect(await names({ name: 'PEAR' })).toEqual(['pears'])
      expect(await names({ type: kind === 'sink' ? 's3' : 'mysql' })).toEqual(['apples', 'pears'])
      expect(await names({ type: 's3-data-lake' })).toEqual([])
      expect((await ask(`GET /${kind}`, { query: { type: 'nothing' } })).body.code).toBe('connector_unknown')
      expect((await ask(`GET /${kind}`, { query: { workspaceId: unknownId } })).status).toBe(404)
      for (const query of [{ limit: '0' }, { limit: 'x' }, { cursor: 'x' }, { bogus: '1' }])
        expect((await ask(`GET /${kind}`, { query: query as unknown as Record<string, string> })).status).toBe(422)
    })

    it('keeps its secrets when a part is changed', async () => {
      const id = await make('one')
      const part = kind === 'sink' ? { bucket_name: 'other', secret_access_key: '**********' } : { host: 'other' }
      const { status, body } = await ask(`PATCH /${kind}/{id}`, { path: { id }, body: { config: part } })
      expect(status).toBe(200)
      expect(body.name).toBe('one')
      expect(body.config).toMatchObject(kind === 'sink' ? { s3_bucket_name: 'other' } : { host: 'other' })
      const stored = api.airbyte.state.actors.get(id)?.connectionConfiguration
      expect(stored).toMatchObject(
        kind === 'sink'
          ? { access_key_id: 'canary-key', secret_access_key: 'canary-secret' }
          : { password: 'canary-password', port: 3306 },
      )
    })

    it('is renamed without its configuration being touched', async () => {
      const id = await make('one')
      const before = api.airbyte.state.actors.get(id)?.connectionConfiguration
      const { body } = await ask(`PATCH /${kind}/{id}`, { path: { id }, body: { name: 'two' } })
      expect(body.name).toBe('two')
      expect(api.airbyte.state.actors.get(id)?.connectionConfiguration).toEqual(before)
    })

    it('refuses a change that does not fit, with a pointer', async () => {
      const id = await make()
      const part = kind === 'sink' ? { format: { format_type: 'ORC' } } : { port: 'many' }
      const { status, body } = await ask(`PATCH /${kind}/{id}`, { path: { id }, body: { config: part } })
      expect(status).toBe(422)
      expect(body.errors).toMatchObject([{ pointer: kind === 'sink' ? '/config/format/format_type' : '/config/port' }])
      const masked = await ask(`PATCH /${kind}/{id}`, {
        path: { id },
        body: { config: { new_secret: '**********' } },
      })
      expect(masked.body.errors).toMatchObject([{ pointer: '/config/new_secret' }])
      expect((await ask(`PATCH /${kind}/{id}`, { path: { id }, body: {} })).status).toBe(422)
    })

    it('tells what a change would send, and sends nothing', async () => {
      const id = await make()
      api.airbyte.requests.length = 0
      const { body } = await ask(`PATCH /${kind}/{id}`, {
        path: { id },
        query: { dryRun: 'true' },
        body: { name: 'x' },
      })
      expect(body).toMatchObject({ dryRun: true, request: { name: 'x' } })
      expect(api.airbyte.requests.filter((path) => path.endsWith('/update'))).toEqual([])
    })

    it('is not made by a dry run, and once only when asked so', async () => {
      const made = kind === 'sink' ? s3 : mysql
      const create = (query: Record<string, string>) => ask(`POST /${kind}`, { query, body: made })
      const dry = await create({ dryRun: 'true' })
      expect(dry.status).toBe(200)
      expect(dry.body).toMatchObject({ dryRun: true, request: { name: made.name, workspaceId } })
      expect(api.airbyte.state.actors.size).toBe(0)
      const first = await create({ ifExists: 'return' })
      expect(first.status).toBe(201)
      const again = await create({ ifExists: 'return' })
      expect([again.status, again.body.id, again.body.existing]).toEqual([200, first.body.id, true])
      const refused = await create({ ifExists: 'fail' })
      expect([refused.status, refused.body.id]).toEqual([409, first.body.id])
      expect(api.airbyte.state.actors.size).toBe(1)
      expect((await create({})).status).toBe(201)
    })

    it('is checked, whatever the check answers', async () => {
      const id = await make()
      const check = async () => (await ask(`POST /${kind}/{id}/check`, { path: { id }, text: null })).body
      expect(await check()).toEqual({ status: 'succeeded' })
      api.airbyte.state.check = { status: 'failed', message: 'no route to host', jobInfo: { succeeded: true } }
      expect(await check()).toEqual({ status: 'failed', message: 'no route to host' })
      api.airbyte.state.check = { jobInfo: { succeeded: false, failureReason: { externalMessage: 'the pod died' } } }
      expect(await check()).toEqual({ status: 'failed', message: 'the pod died' })
      api.airbyte.state.check = { jobInfo: { succeeded: false } }
      expect(await check()).toMatchObject({ status: 'failed', message: expect.stringContaining('no reason') })
      const made = await ask(`POST /${kind}`, { query: { check: 'true' }, body: kind === 'sink' ? s3 : mysql })
      expect([made.status, (made.body.check as { status: string }).status]).toEqual([201, 'failed'])
    })

    it('is deleted, but not from under an ingestion unless forced', async () => {
      const { id: ingestion, sourceId, sinkId } = await makeIngestion({ name: 'nightly' })
      const id = kind === 'sink' ? sinkId : sourceId
      const refused = await ask(`DELETE /${kind}/{id}`, { path: { id } })
      expect([refused.status, refused.body.ingestions]).toEqual([409, [{ id: ingestion, name: 'nightly' }]])
      expect((await ask(`DELETE /${kind}/{id}`, { path: { id }, query: { force: 'true' } })).status).toBe(204)
      expect((await ask(`GET /${kind}/{id}`, { path: { id } })).status).toBe(404)
      const other = await make()
      expect((await ask(`DELETE /${kind}/{id}`, { path: { id: other } })).status).toBe(204)
    })

    it.each([unknownId, 'x', '../..', '%00'])('unknown as %s is a 404 with a pointer', async (id) => {
      const asks = [
        ask(`GET /${kind}/{id}`, { path: { id } }),
        ask(`PATCH /${kind}/{id}`, { path: { id }, body: { name: 'x' } }),
        ask(`DELETE /${kind}/{id}`, { path: { id } }),
        ask(`POST /${kind}/{id}/check`, { path: { id } }),
      ]
      for (const { status, body } of await Promise.all(asks)) {
        expect(status).toBe(404)
        expect(body.errors).toMatchObject([{ pointer: '/id' }])
      }
    })
  })
}
