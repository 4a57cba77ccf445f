import { describe, expect, it } from 'vitest'
import { workspaceId } from '../../support/airbyte/store.ts'
import { ask } from '../../support/http-api.ts'
import { unknownId } from './generation.ts'

/** What there is without anything having been made: connectors, workspaces, health. */
export const installationWorks = () => {
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
      for (const kind of ['destination', 'sink'])
        expect(await types({ kind, q: 's3' })).toEqual(['destination s3', 'destination s3-data-lake'])
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
}

const nameOf = (connector: string) =>
  ({
    'source mysql': 'MySQL',
    'source postgres': 'Postgres',
    'destination s3': 'S3',
    'source s3-data-lake': 'S3 Data Lake b',
    'destination s3-data-lake': 'S3 Data Lake a',
  })[connector] ?? ''
