import '../functions/setup.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mysql, s3, useAirbyte } from '../functions/setup.ts'
import type { ProfileName } from '../support/airbyte/profile.ts'
import type { StandIn } from '../support/airbyte/stand-in.ts'
import { workspaceId } from '../support/airbyte/store.ts'
import { ask } from '../support/http-api.ts'
import { officialApi } from '../support/openapi/official-api.ts'

/** The document that a generation's requests are held against; 1.8.0 has none of its own here. */
const documents = { '0.40.32': '0.40.32', '1.6.0': '1.6.0', '1.8.0': '2.0.0', '2.0.0': '2.0.0', HEAD: 'HEAD' } as const

const unknownId = '11111111-2222-4333-8444-555555555555'

/** The whole HTTP API against one generation of Airbyte. */
export const httpApiWorks = (profile: ProfileName) =>
  describe(`against Airbyte ${profile}`, () => {
    const official = officialApi(documents[profile])
    let airbyte: StandIn

    beforeEach(async () => {
      airbyte = await useAirbyte({ profile })
    })
    afterEach(async () => {
      const faults = airbyte.bodies
        .filter(({ path }) => official?.has(path))
        .flatMap(({ path, body }) => (official?.requestFaults(path, body) ?? []).map((fault) => `${path} ${fault}`))
      expect(faults, 'requests that the official document does not have').toEqual([])
      expect(airbyte.violations).toEqual([])
      await airbyte[Symbol.asyncDispose]()
    })

    const makeSource = async (name = 'shop') => {
      const { body } = await ask('POST /datasource', { body: { ...mysql, name } })
      return String(body.sourceId)
    }
    const makeSink = async (name = 'lake') => {
      const { body } = await ask('POST /sink', { body: { ...s3, name } })
      return String(body.sinkId)
    }
    const makeIngestion = async (more: object = {}) => {
      const [sourceId, sinkId] = [await makeSource(), await makeSink()]
      const { body } = await ask('POST /ingestion', { body: { sourceId, sinkId, ...more } })
      return { id: String(body.id), sourceId, sinkId }
    }
    const lastBody = (path: string) => airbyte.bodies.filter((one) => one.path === path).at(-1)?.body

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
        const stored = airbyte.state.actors.get(id)?.connectionConfiguration
        expect(stored).toMatchObject(
          kind === 'sink'
            ? { access_key_id: 'canary-key', secret_access_key: 'canary-secret' }
            : { password: 'canary-password', port: 3306 },
        )
      })

      it('is renamed without its configuration being touched', async () => {
        const id = await make('one')
        const before = airbyte.state.actors.get(id)?.connectionConfiguration
        const { body } = await ask(`PATCH /${kind}/{id}`, { path: { id }, body: { name: 'two' } })
        expect(body.name).toBe('two')
        expect(airbyte.state.actors.get(id)?.connectionConfiguration).toEqual(before)
      })

      it('refuses a change that does not fit, with a pointer', async () => {
        const id = await make()
        const part = kind === 'sink' ? { format: { format_type: 'ORC' } } : { port: 'many' }
        const { status, body } = await ask(`PATCH /${kind}/{id}`, { path: { id }, body: { config: part } })
        expect(status).toBe(422)
        expect(body.errors).toMatchObject([
          { pointer: kind === 'sink' ? '/config/format/format_type' : '/config/port' },
        ])
        const masked = await ask(`PATCH /${kind}/{id}`, {
          path: { id },
          body: { config: { new_secret: '**********' } },
        })
        expect(masked.body.errors).toMatchObject([{ pointer: '/config/new_secret' }])
        expect((await ask(`PATCH /${kind}/{id}`, { path: { id }, body: {} })).status).toBe(422)
      })

      it('tells what a change would send, and sends nothing', async () => {
        const id = await make()
        airbyte.requests.length = 0
        const { body } = await ask(`PATCH /${kind}/{id}`, {
          path: { id },
          query: { dryRun: 'true' },
          body: { name: 'x' },
        })
        expect(body).toMatchObject({ dryRun: true, request: { name: 'x' } })
        expect(airbyte.requests.filter((path) => path.endsWith('/update'))).toEqual([])
      })

      it('is not made by a dry run, and once only when asked so', async () => {
        const made = kind === 'sink' ? s3 : mysql
        const create = (query: Record<string, string>) => ask(`POST /${kind}`, { query, body: made })
        const dry = await create({ dryRun: 'true' })
        expect(dry.status).toBe(200)
        expect(dry.body).toMatchObject({ dryRun: true, request: { name: made.name, workspaceId } })
        expect(airbyte.state.actors.size).toBe(0)
        const first = await create({ ifExists: 'return' })
        expect(first.status).toBe(201)
        const again = await create({ ifExists: 'return' })
        expect([again.status, again.body.id, again.body.existing]).toEqual([200, first.body.id, true])
        const refused = await create({ ifExists: 'fail' })
        expect([refused.status, refused.body.id]).toEqual([409, first.body.id])
        expect(airbyte.state.actors.size).toBe(1)
        expect((await create({})).status).toBe(201)
      })

      it('is checked, whatever the check answers', async () => {
        const id = await make()
        const check = async () => (await ask(`POST /${kind}/{id}/check`, { path: { id }, text: null })).body
        expect(await check()).toEqual({ status: 'succeeded' })
        airbyte.state.check = { status: 'failed', message: 'no route to host', jobInfo: { succeeded: true } }
        expect(await check()).toEqual({ status: 'failed', message: 'no route to host' })
        airbyte.state.check = { jobInfo: { succeeded: false, failureReason: { externalMessage: 'the pod died' } } }
        expect(await check()).toEqual({ status: 'failed', message: 'the pod died' })
        airbyte.state.check = { jobInfo: { succeeded: false } }
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

    describe('the schema of a data source', () => {
      it('has every stream, or the one that was asked for', async () => {
        const id = await makeSource()
        const { body } = await ask('GET /datasource/{id}/schema', { path: { id } })
        expect(body.streams).toMatchObject([
          { name: 'customers' },
          { name: 'orders', primaryKey: [['id']], cursor: [] },
        ])
        const one = await ask('GET /datasource/{id}/schema', { path: { id }, query: { stream: 'orders' } })
        expect(one.body.streams).toHaveLength(1)
        const none = await ask('GET /datasource/{id}/schema', { path: { id }, query: { stream: 'order' } })
        expect([none.status, none.body.errors]).toEqual([
          404,
          [{ pointer: '/stream', message: 'is not a stream of the source; it has customers, orders' }],
        ])
      })

      it('is what Airbyte remembers, unless told to look again', async () => {
        const id = await makeSource()
        const names = async (query?: Record<string, string>) =>
          (
            (await ask('GET /datasource/{id}/schema', { path: { id }, ...(query ? { query } : {}) })).body.streams as {
              name: string
            }[]
          ).map(({ name }) => name)
        expect(await names()).toHaveLength(2)
        airbyte.state.catalog = { streams: [] }
        expect(await names()).toHaveLength(2)
        expect(await names({ refresh: 'true' })).toEqual([])
      })

      it('that cannot be read is the fault of whoever can mend it', async () => {
        const id = await makeSource()
        airbyte.state.catalog = undefined
        const refused = await ask('GET /datasource/{id}/schema', { path: { id } })
        expect([refused.status, refused.body.code]).toEqual([422, 'connector_config'])
        expect(refused.body.detail).toContain('permission denied')
        airbyte.state.discoverFailure = { failureType: 'transient_error', externalMessage: 'too many connections' }
        expect((await ask('GET /datasource/{id}/schema', { path: { id } })).body.code).toBe('connector_transient')
      })
    })

    describe('an ingestion', () => {
      it('is shown with its schedule in both forms and its last sync', async () => {
        const { id, sourceId, sinkId } = await makeIngestion({
          schedule: { cron: '30 6 * * 1', timezone: 'Europe/Berlin' },
          prefix: 'p_',
          namespace: { format: 'raw' },
        })
        airbyte.addJob(id, { status: 'succeeded', records: 7, streams: true })
        airbyte.addJob(id, { status: 'running' })
        const { body } = await ask('GET /ingestion/{id}', { path: { id } })
        expect(body).toMatchObject({
          id,
          connectionId: id,
          sourceId,
          sinkId,
          destinationId: sinkId,
          status: 'active',
          prefix: 'p_',
          namespace: { format: 'raw' },
          schedule: { cron: '0 30 6 ? * 2', unix: '30 6 * * 1', timezone: 'Europe/Berlin' },
          streams: [{ name: 'customers' }, { name: 'orders', primaryKey: [['id']] }],
          lastSync: { jobId: 2, status: 'running' },
        })
        expect((body.schedule as { nextRuns: string[] }).nextRuns).toHaveLength(3)
      })

      it('is listed with others, filtered and paged', async () => {
        const one = await makeIngestion({ name: 'b' })
        const two = await makeIngestion({ name: 'a', status: 'inactive' })
        airbyte.addJob(one.id, { status: 'failed', failures: [{ failureOrigin: 'source', externalMessage: 'gone' }] })
        const list = async (query: Record<string, string> = {}) => (await ask('GET /ingestion', { query })).body
        expect((await list()).items).toMatchObject([
          { id: two.id, name: 'a' },
          { id: one.id, name: 'b', lastSync: { outcome: 'FAILED' } },
        ])
        expect((await list({ status: 'active' })).items).toMatchObject([{ id: one.id }])
        expect((await list({ sourceId: two.sourceId })).items).toMatchObject([{ id: two.id }])
        expect((await list({ sinkId: one.sinkId })).items).toMatchObject([{ id: one.id }])
        const first = await list({ limit: '1' })
        expect((await list({ limit: '1', cursor: String(first.cursor) })).items).toMatchObject([{ id: one.id }])
      })

      it('is paused and scheduled anew, in the only form that Airbyte takes', async () => {
        const { id } = await makeIngestion({ schedule: { units: 6, timeUnit: 'hours' } })
        const patch = (body: unknown) => ask('PATCH /ingestion/{id}', { path: { id }, body })
        expect((await patch({ status: 'inactive', name: 'new' })).body).toMatchObject({
          status: 'inactive',
          name: 'new',
          schedule: { units: 6, timeUnit: 'hours' },
        })
        expect((await patch({ schedule: { units: 1, timeUnit: 'days' } })).body.schedule).toEqual({
          units: 1,
          timeUnit: 'days',
        })
        expect((await patch({ schedule: { cron: '0 * * * *' } })).body.schedule).toMatchObject({ timezone: 'UTC' })
        expect((await patch({ schedule: 'manual' })).body.schedule).toBe('manual')
        expect(lastBody('/connections/update')).toEqual({ connectionId: id, scheduleType: 'manual' })
        expect((await patch({ schedule: { cron: '61 * * * *' } })).body.errors).toMatchObject([
          { pointer: '/schedule/cron' },
        ])
      })

      it('takes another selection and keeps what was not told', async () => {
        const { id } = await makeIngestion({
          streams: [
            { name: 'orders', syncMode: 'incremental', cursorField: 'updated_at', destinationSyncMode: 'append' },
            { name: 'customers' },
          ],
        })
        const { body } = await ask('PATCH /ingestion/{id}', { path: { id }, body: { streams: [{ name: 'orders' }] } })
        expect(body.streams).toEqual([
          {
            name: 'orders',
            namespace: 'public',
            syncMode: 'incremental',
            destinationSyncMode: 'append',
            cursorField: ['updated_at'],
            primaryKey: [['id']],
          },
        ])
        const out = await ask('PATCH /ingestion/{id}', {
          path: { id },
          body: { streams: [{ name: 'orders', selected: false }] },
        })
        expect(out.body.errors).toMatchObject([{ pointer: '/streams' }])
        const wrong = await ask('PATCH /ingestion/{id}', {
          path: { id },
          body: { streams: [{ name: 'orders', cursorField: 'nope' }] },
        })
        expect(wrong.body.errors).toMatchObject([{ pointer: '/streams/0/cursorField' }])
      })

      it('tells what a creation or change would send, and is made once when asked so', async () => {
        const { id, sourceId, sinkId } = await makeIngestion({ name: 'mine' })
        const body = { sourceId, sinkId, name: 'mine' }
        const dry = await ask('POST /ingestion', { query: { dryRun: 'true' }, body })
        expect([dry.status, dry.body.operation]).toEqual([200, '/connections/create'])
        const change = await ask('PATCH /ingestion/{id}', {
          path: { id },
          query: { dryRun: 'true' },
          body: { name: 'x' },
        })
        expect(change.body.request).toEqual({ connectionId: id, name: 'x' })
        const again = await ask('POST /ingestion', { query: { ifExists: 'return' }, body })
        expect([again.status, again.body.id, again.body.existing]).toEqual([200, id, true])
        const refused = await ask('POST /ingestion', { query: { ifExists: 'fail' }, body })
        expect([refused.status, refused.body.id]).toEqual([409, id])
        expect(airbyte.state.connections.size).toBe(1)
      })

      it('tells and takes what has changed in its source', async () => {
        const { id } = await makeIngestion()
        const refresh = (query: Record<string, string> = {}) =>
          ask('POST /ingestion/{id}/refresh-schema', { path: { id }, query })
        expect((await refresh()).body).toEqual({ changes: [], available: [], applied: false })
        const { streams } = structuredClone(airbyte.state.catalog) as { streams: StreamEntry[] }
        const orders = streams.find(({ stream }) => stream.name === 'orders')
        if (!orders) throw new Error('the stand-in has no orders')
        orders.stream.jsonSchema.properties = { id: { type: 'integer' }, total: { type: 'string' }, note: {} }
        const added = { ...orders, stream: { ...orders.stream, name: 'refunds' } }
        airbyte.state.catalog = { streams: [orders, added] }
        const changes = [
          { name: 'customers', namespace: 'public', change: 'removed', fields: [] },
          {
            name: 'orders',
            namespace: 'public',
            change: 'changed',
            fields: [
              { field: 'note', change: 'added' },
              { field: 'total', change: 'type_changed' },
              { field: 'updated_at', change: 'removed' },
            ],
          },
        ]
        const available = [{ name: 'refunds', namespace: 'public' }]
        expect((await refresh()).body.changes).toHaveLength(2)
        expect((await refresh()).body).toMatchObject({ available, applied: false })
        expect((await refresh({ apply: 'true' })).body).toEqual({
          changes: expect.arrayContaining(changes),
          available,
          applied: true,
        })
        expect((await ask('GET /ingestion/{id}', { path: { id } })).body.streams).toMatchObject([{ name: 'orders' }])
        expect((await refresh()).body).toEqual({ changes: [], available, applied: false })
      })

      it('does not take a change that would break it', async () => {
        const { id } = await makeIngestion({
          streams: [{ name: 'orders', syncMode: 'incremental', cursorField: 'updated_at' }],
        })
        const { streams } = structuredClone(airbyte.state.catalog) as { streams: StreamEntry[] }
        for (const { stream } of streams) delete stream.jsonSchema.properties.updated_at
        airbyte.state.catalog = { streams }
        const refused = await ask('POST /ingestion/{id}/refresh-schema', { path: { id }, query: { apply: 'true' } })
        expect(refused.status).toBe(409)
        expect(refused.body.changes).toMatchObject([{ name: 'orders', breaking: 'the cursor updated_at is gone' }])
      })

      it('is deleted, and gone', async () => {
        const { id } = await makeIngestion()
        expect((await ask('DELETE /ingestion/{id}', { path: { id } })).status).toBe(204)
        expect((await ask('GET /ingestion/{id}', { path: { id } })).status).toBe(404)
        expect((await ask('DELETE /ingestion/{id}', { path: { id } })).status).toBe(404)
        expect((await ask('GET /ingestion')).body.items).toEqual([])
      })

      it.each([unknownId, 'x'])('unknown as %s is a 404 with a pointer', async (id) => {
        const asks = [
          ask('GET /ingestion/{id}', { path: { id } }),
          ask('PATCH /ingestion/{id}', { path: { id }, body: { name: 'x' } }),
          ask('DELETE /ingestion/{id}', { path: { id } }),
          ask('POST /ingestion/{id}/refresh-schema', { path: { id } }),
        ]
        for (const { status, body } of await Promise.all(asks)) {
          expect(status).toBe(404)
          expect(body.errors).toMatchObject([{ pointer: '/id' }])
        }
      })
    })

    describe('what Airbyte has', () => {
      it('connectors, by kind and words', async () => {
        const types = async (query: Record<string, string>) =>
          ((await ask('GET /connectors', { query })).body.items as { kind: string; type: string }[]).map(
            ({ kind, type }) => `${kind} ${type}`,
          )
        expect(await types({})).toEqual(
          ['source mysql', 'source postgres', 'destination s3', 'source s3-data-lake', 'destination s3-data-lake'].sort(
            (a, b) => nameOf(a).localeCompare(nameOf(b)),
          ),
        )
        expect(await types({ kind: 'destination', q: 's3' })).toEqual(['destination s3', 'destination s3-data-lake'])
      })

      it('one connector, with its form and an example that fits it', async () => {
        const { body } = await ask('GET /connectors/{kind}/{type}', { path: { kind: 'source', type: 'mysql' } })
        expect(body).toMatchObject({
          type: 'mysql',
          configSchema: { properties: { password: { airbyte_secret: true, writeOnly: true } } },
          example: { host: '<host>', port: expect.any(Number), password: '<password>' },
        })
        const made = await ask('POST /datasource', { body: { name: 'x', type: 'mysql', config: body.example } })
        expect(made.status).toBe(201)
        const unknown = await ask('GET /connectors/{kind}/{type}', { path: { kind: 'source', type: 'mysq' } })
        expect([unknown.status, unknown.body.code]).toEqual([404, 'connector_unknown'])
        expect((await ask('GET /connectors/{kind}/{type}', { path: { kind: 'x', type: 'y' } })).status).toBe(422)
      })

      it('workspaces, the one in use marked', async () => {
        expect((await ask('GET /workspaces')).body).toEqual({
          items: [{ workspaceId, name: 'default', isDefault: true }],
        })
      })

      it('health, step by step', async () => {
        const { body } = await ask('GET /health')
        expect(body.checks).toEqual([
          { name: 'reachable', status: 'ok' },
          { name: 'credentials', status: 'ok' },
          { name: 'workspace', status: 'ok' },
        ])
        process.env.AIRBYTE_WORKSPACE_ID = unknownId
        const lost = await ask('GET /health')
        expect([lost.status, lost.body.checks]).toMatchObject([
          503,
          [{ status: 'ok' }, { status: 'ok' }, { status: 'failed' }],
        ])
      })

      it('no operation of that id', async () => {
        expect((await ask('GET /operations/{id}', { path: { id: unknownId } })).status).toBe(404)
      })
    })
  })

interface StreamEntry {
  stream: { name: string; jsonSchema: { properties: Record<string, unknown> } }
}

const nameOf = (connector: string) =>
  ({
    'source mysql': 'MySQL',
    'source postgres': 'Postgres',
    'destination s3': 'S3',
    'source s3-data-lake': 'S3 Data Lake b',
    'destination s3-data-lake': 'S3 Data Lake a',
  })[connector] ?? ''
