import { describe, expect, it } from 'vitest'
import { ask } from '../../support/http-api.ts'
import type { ApiOverAirbyte } from './generation.ts'

/** What discovery found in a data source. */
export const schemaWorks = (api: ApiOverAirbyte) => {
  const { makeSource } = api
  describe('the schema of a data source', () => {
    it('has every stream, or the one that was asked for', async () => {
      const id = await makeSource()
      const { body } = await ask('GET /datasource/{id}/schema', { path: { id } })
      expect(body.streams).toMatchObject([{ name: 'customers' }, { name: 'orders', primaryKey: [['id']], cursor: [] }])
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
      api.airbyte.state.catalog = { streams: [] }
      expect(await names()).toHaveLength(2)
      expect(await names({ refresh: 'true' })).toEqual([])
    })

    it('that cannot be read is the fault of whoever can mend it', async () => {
      const id = await makeSource()
      api.airbyte.state.catalog = undefined
      const refused = await ask('GET /datasource/{id}/schema', { path: { id } })
      expect([refused.status, refused.body.code]).toEqual([422, 'connector_config'])
      expect(refused.body.detail).toContain('permission denied')
      api.airbyte.state.discoverFailure = { failureType: 'transient_error', externalMessage: 'too many connections' }
      expect((await ask('GET /datasource/{id}/schema', { path: { id } })).body.code).toBe('connector_transient')
    })
  })
}
