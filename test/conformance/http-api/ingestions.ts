import { describe, expect, it } from 'vitest'
import { ask } from '../../support/http-api.ts'
import { type ApiOverAirbyte, unknownId } from './generation.ts'

interface StreamEntry {
  stream: { name: string; jsonSchema: { properties: Record<string, unknown> } }
}

/** Ingestions, from their creation to their end. */
export const ingestionsWork = (api: ApiOverAirbyte) => {
  const { makeIngestion, lastBody } = api
  describe('an ingestion', () => {
    it('is shown with its schedule in both forms and its last sync', async () => {
      const { id, sourceId, sinkId } = await makeIngestion({
        schedule: { cron: '30 6 * * 1', timezone: 'Europe/Berlin' },
        prefix: 'p_',
        namespace: { format: 'raw' },
      })
      api.airbyte.addJob(id, { status: 'succeeded', records: 7, streams: true })
      api.airbyte.addJob(id, { status: 'running' })
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
      api.airbyte.addJob(one.id, { status: 'failed', failures: [{ failureOrigin: 'source', externalMessage: 'gone' }] })
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
      expect(api.airbyte.state.connections.size).toBe(1)
    })

    it('tells and takes what has changed in its source', async () => {
      const { id } = await makeIngestion()
      const refresh = (query: Record<string, string> = {}) =>
        ask('POST /ingestion/{id}/refresh-schema', { path: { id }, query })
      expect((await refresh()).body).toEqual({ changes: [], available: [], applied: false })
      const { streams } = structuredClone(api.airbyte.state.catalog) as { streams: StreamEntry[] }
      const orders = streams.find(({ stream }) => stream.name === 'orders')
      if (!orders) throw new Error('the stand-in has no orders')
      orders.stream.jsonSchema.properties = { id: { type: 'integer' }, total: { type: 'string' }, note: {} }
      const added = { ...orders, stream: { ...orders.stream, name: 'refunds' } }
      api.airbyte.state.catalog = { streams: [orders, added] }
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
      const { streams } = structuredClone(api.airbyte.state.catalog) as { streams: StreamEntry[] }
      for (const { stream } of streams) delete stream.jsonSchema.properties.updated_at
      api.airbyte.state.catalog = { streams }
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
}
