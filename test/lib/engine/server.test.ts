import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEngine } from '../../../lib/engine/server.ts'
import { memoryDestination, memorySource } from './memory-connectors.ts'
import { collectingLog, type TestEngine, testEngine } from './test-engine.ts'

const unknownId = '11111111-2222-4333-8444-555555555555'
const connectors = { sources: [memorySource], destinations: [memoryDestination] }
const secret = 'canary-secret'

let engine: TestEngine
let workspaceId: string
beforeAll(async () => {
  engine = await testEngine({ connectors })
  workspaceId = (await engine.call('/instance_configuration')).body.defaultWorkspaceId
})
afterAll(() => engine[Symbol.asyncDispose]())

const createSource = async (configuration: object = {}, name = 'shop') =>
  (
    await engine.call('/sources/create', {
      workspaceId,
      name,
      sourceDefinitionId: memorySource.definitionId,
      connectionConfiguration: { host: 'up', password: secret, ...configuration },
    })
  ).body
const createDestination = async () =>
  (
    await engine.call('/destinations/create', {
      workspaceId,
      name: 'lake',
      destinationDefinitionId: memoryDestination.definitionId,
      connectionConfiguration: { host: 'up' },
    })
  ).body
const incremental = {
  syncMode: 'incremental',
  destinationSyncMode: 'append',
  cursorField: ['updated_at'],
  selected: true,
}
const createConnection = async (more: object = {}) => {
  const [source, destination] = await Promise.all([createSource(), createDestination()])
  return engine.call('/connections/create', {
    sourceId: source.sourceId,
    destinationId: destination.destinationId,
    status: 'active',
    syncCatalog: { streams: [{ stream: { name: 'orders', namespace: 'public' }, config: incremental }] },
    ...more,
  })
}

describe('the engine', () => {
  it('has one workspace, found in every way that clients look for it', async () => {
    const userId = '00000000-0000-0000-0000-000000000000'
    expect((await engine.call('/workspaces/list')).body.workspaces[0].workspaceId).toBe(workspaceId)
    expect((await engine.call('/workspaces/list_by_user_id', { userId })).body.workspaces).toHaveLength(1)
    expect((await engine.call('/workspaces/get', { workspaceId })).body.name).toBe('Default Workspace')
    expect((await engine.call('/workspaces/get', { workspaceId: unknownId })).status).toBe(404)
    expect((await engine.call('/health')).body).toEqual({ available: true })
  })

  it('takes a request without a body where Airbyte declares none', async () => {
    const response = await fetch(`${engine.url()}/source_definitions/list`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      sourceDefinitions: [{ name: 'Memory', dockerRepository: 'airbyte/source-memory' }],
    })
  })

  it('answers the specification of a connector', async () => {
    const destinationDefinitionId = memoryDestination.definitionId
    const { body } = await engine.call('/destination_definition_specifications/get', {
      workspaceId,
      destinationDefinitionId,
    })
    expect(body).toMatchObject({
      connectionSpecification: { required: ['host'] },
      supportedDestinationSyncModes: ['append', 'overwrite'],
      jobInfo: { succeeded: true, configType: 'get_spec' },
    })
  })

  it.each([
    ['/sources/get', { sourceId: unknownId }, 404],
    ['/destinations/get', { destinationId: unknownId }, 404],
    ['/connections/get', { connectionId: unknownId }, 404],
    ['/connections/sync', { connectionId: unknownId }, 404],
    ['/source_definitions/get', { sourceDefinitionId: unknownId }, 404],
    ['/jobs/get', { id: 999 }, 500],
    ['/jobs/cancel', { id: 999 }, 500],
    ['/jobs/get', { id: 'one' }, 422],
    ['/sources/get', {}, 422],
    ['/sources/get', { sourceId: 'not-an-id' }, 422],
    ['/jobs/list', { configTypes: ['nonsense'] }, 422],
  ])('%s %j is answered %i with an error id', async (path, body, status) => {
    const answer = await engine.call(path, body)
    expect(answer.status).toBe(status)
    expect(answer.body.errorId).toMatch(/^[0-9a-f-]{36}$/)
    expect('message' in answer.body).toBe(status === 422)
  })

  it('answers what is not JSON, or too large, and an unknown path, as Airbyte does', async () => {
    const post = (path: string, body: string) => fetch(`${engine.url()}${path}`, { method: 'POST', body })
    expect((await post('/sources/get', '{')).status).toBe(422)
    const tooLarge = await post('/sources/get', JSON.stringify({ sourceId: 'x'.repeat(11 * 1024 * 1024) }))
    expect(tooLarge.status).toBe(413)
    expect(await tooLarge.text()).toMatch(/The body is larger than 10485760 bytes/)
    const unknown = await post('/nonsense', '{}')
    expect(unknown.status).toBe(404)
    expect(await unknown.json()).toBe('Object not found.')
  })

  it('refuses a port that is in use, and a directory that another engine uses, each in one line', async () => {
    const port = Number(new URL(engine.url()).port)
    const { log } = collectingLog()
    await expect(startEngine({ dataDir: `${engine.folder}/other`, port, log })).rejects.toThrow(
      /^Port \d+ .* is in use: .*$/,
    )
    await expect(startEngine({ dataDir: `${engine.folder}/data`, port: 0, log })).rejects.toThrow(
      /in use by another engine/,
    )
  })
})

describe('sources and destinations', () => {
  it('never answer a secret, and keep it when it comes back masked', async () => {
    const created = await createSource()
    expect(created).toMatchObject({
      sourceName: 'Memory',
      connectionConfiguration: { host: 'up', password: '**********' },
    })
    const updated = await engine.call('/sources/update', {
      sourceId: created.sourceId,
      name: 'renamed',
      connectionConfiguration: { ...created.connectionConfiguration, host: 'broken' },
    })
    expect(updated.body).toMatchObject({
      name: 'renamed',
      connectionConfiguration: { host: 'broken', password: '**********' },
    })
    // The discovery of "broken" speaks of the stored password: masked, so the engine still knows it.
    const { text } = await engine.call('/sources/discover_schema', { sourceId: created.sourceId })
    expect(text).toContain('The password ********** is wrong.')
  })

  it('are refused with the pointer of every fault when the configuration does not fit', async () => {
    const answer = await engine.call('/sources/create', {
      workspaceId,
      name: 'x',
      sourceDefinitionId: memorySource.definitionId,
      connectionConfiguration: {},
    })
    expect(answer.status).toBe(422)
    expect(answer.body.message).toMatch(
      /^The provided configuration does not fulfill the specification\. Errors: .*\/host/,
    )
  })

  it('are updated in part by a deep merge', async () => {
    const { sourceId } = await createSource({ tunnel: { method: 'key', key: 'PEM-text', port: 22 } })
    const { body } = await engine.call('/sources/partial_update', {
      sourceId,
      connectionConfiguration: { tunnel: { port: 23 } },
    })
    expect(body.connectionConfiguration).toEqual({
      host: 'up',
      password: '**********',
      tunnel: { method: 'key', key: '**********', port: 23 },
    })
  })

  it('are listed in pages of twenty, one after the other', async () => {
    await using own = await testEngine({ connectors })
    const ownWorkspaceId = (await own.call('/workspaces/list')).body.workspaces[0].workspaceId
    for (let index = 0; index < 25; index += 1)
      await own.call('/sources/create', {
        workspaceId: ownWorkspaceId,
        name: `source ${index}`,
        sourceDefinitionId: memorySource.definitionId,
        connectionConfiguration: { host: 'up' },
      })
    const first = (await own.call('/sources/list', { workspaceId: ownWorkspaceId })).body
    expect(first.sources).toHaveLength(20)
    const cursor = first.sources.at(-1).sourceId
    const second = (await own.call('/sources/list', { workspaceId: ownWorkspaceId, cursor })).body
    const names = [...first.sources, ...second.sources].map(({ name }) => name)
    expect(new Set(names).size).toBe(25)
    expect(second.sources).toHaveLength(5)
  })

  it('take their connections with them when they are deleted', async () => {
    const connection = (await createConnection()).body
    const deleted = await engine.call('/sources/delete', { sourceId: connection.sourceId })
    expect(deleted).toMatchObject({ status: 204, text: '' })
    expect((await engine.call('/connections/get', { connectionId: connection.connectionId })).status).toBe(404)
    expect((await engine.call('/sources/delete', { sourceId: connection.sourceId })).status).toBe(404)
  })

  it('are checked: works, does not work and why, broke', async () => {
    const check = async (host: string) => {
      const { sourceId } = await createSource({ host })
      return (await engine.call('/sources/check_connection', { sourceId })).body
    }
    expect(await check('up')).toMatchObject({ status: 'succeeded', jobInfo: { succeeded: true } })
    expect(await check('down')).toMatchObject({
      status: 'failed',
      message: '/host: nothing listens at down',
      jobInfo: { succeeded: true },
    })
    const broken = await check('broken')
    expect(broken).not.toHaveProperty('status')
    expect(broken.jobInfo).toMatchObject({ succeeded: false, failureReason: { failureType: 'system_error' } })
  })
})

describe('connections', () => {
  it('are proposed by a discovery as Airbyte proposes them', async () => {
    const { sourceId } = await createSource()
    const { body } = await engine.call('/sources/discover_schema', { sourceId })
    expect(body.catalog.streams).toMatchObject([
      {
        stream: { name: 'customers', supportedSyncModes: ['full_refresh', 'incremental'] },
        config: { syncMode: 'full_refresh', destinationSyncMode: 'overwrite', selected: false },
      },
      { stream: { name: 'orders' } },
    ])
    const again = await engine.call('/sources/discover_schema', { sourceId })
    expect(again.body.catalogId).toBe(body.catalogId)
  })

  it('that only name their streams are completed from what the source has', async () => {
    const { status, body } = await createConnection({ schedule: { units: 6, timeUnit: 'hours' } })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      name: 'shop <> lake',
      namespaceDefinition: 'source',
      schedule: { units: 6, timeUnit: 'hours' },
      scheduleType: 'basic',
      syncCatalog: {
        streams: [{ stream: { supportedSyncModes: ['full_refresh', 'incremental'] }, config: incremental }],
      },
    })
  })

  it('with a stream that the source does not have, or one given twice, are refused', async () => {
    const stream = { name: 'nowhere', namespace: 'public' }
    const unknown = await createConnection({ syncCatalog: { streams: [{ stream, config: incremental }] } })
    expect(unknown).toMatchObject({ status: 422, body: { message: expect.stringContaining('public.nowhere') } })
    const orders = { stream: { name: 'orders', namespace: 'public' }, config: incremental }
    expect((await createConnection({ syncCatalog: { streams: [orders, orders] } })).status).toBe(422)
  })

  it('whose streams would share one place in the destination are refused', async () => {
    const shape = { jsonSchema: { properties: { updated_at: {} } }, supportedSyncModes: ['incremental'] }
    const streams = ['public', 'sales'].map((namespace) => ({
      stream: { name: 'orders', namespace, ...shape },
      config: incremental,
    }))
    const shared = { status: 422, body: { message: expect.stringContaining('would both be written to orders') } }
    const namespaceDefinition = 'destination'
    expect(await createConnection({ syncCatalog: { streams }, namespaceDefinition })).toMatchObject(shared)
    const { body } = await createConnection({ syncCatalog: { streams } })
    const { connectionId } = body
    expect(await engine.call('/connections/update', { connectionId, namespaceDefinition })).toMatchObject(shared)
    await engine.call('/connections/delete', { connectionId })
  })

  it('with a sync mode that the destination does not have, or a cron that cannot be followed, are refused', async () => {
    const orders = { stream: { name: 'orders', namespace: 'public' }, config: incremental }
    const config = { ...incremental, destinationSyncMode: 'append_dedup' }
    expect(await createConnection({ syncCatalog: { streams: [{ ...orders, config }] } })).toMatchObject({
      status: 422,
      body: { message: expect.stringMatching(/public.orders has .*append_dedup.*use append or overwrite/) },
    })
    const cron = { cronExpression: '0 99 * * * ?', cronTimeZone: 'UTC' }
    expect(await createConnection({ scheduleType: 'cron', scheduleData: { cron } })).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('minute: 99') },
    })
  })

  it('keep selected streams only', async () => {
    const streams = ['orders', 'customers'].map((name) => ({
      stream: { name, namespace: 'public' },
      config: { ...incremental, selected: name === 'orders' },
    }))
    const { body } = await createConnection({ syncCatalog: { streams } })
    expect(body.syncCatalog.streams.map((entry: { stream: { name: string } }) => entry.stream.name)).toEqual(['orders'])
  })

  it('are updated in part, and take back what they answered', async () => {
    const { body } = await createConnection({ schedule: { units: 6, timeUnit: 'hours' }, prefix: 'raw_' })
    const paused = await engine.call('/connections/update', { connectionId: body.connectionId, status: 'inactive' })
    expect(paused.body).toEqual({ ...body, status: 'inactive' })
    const { connectionId } = body
    const isListed = async () => (await engine.call('/connections/list', { workspaceId })).text.includes(connectionId)
    expect(await isListed()).toBe(true)
    await engine.call('/connections/update', { connectionId, status: 'deprecated' })
    expect(await isListed()).toBe(false)
    const changed = await engine.call('/connections/update', { ...body, schedule: { units: 12, timeUnit: 'hours' } })
    expect(changed.body).toMatchObject({
      status: 'active',
      prefix: 'raw_',
      schedule: { units: 12 },
      scheduleData: { basicSchedule: { units: 12 } },
    })
  })

  it('without jobs and states answer empty', async () => {
    const { connectionId } = (await createConnection()).body
    const none = { connectionId, stateType: 'not_set' }
    expect((await engine.call('/state/get', { connectionId })).body).toEqual(none)
    const refused = await engine.call('/state/create_or_update', { connectionId, connectionState: none })
    expect(refused).toMatchObject({ status: 422, body: { message: expect.stringContaining('/connectionState/state') } })
    expect((await engine.call('/jobs/get_last_replication_job', { connectionId })).body).toEqual({})
    const jobs = await engine.call('/jobs/list', { configTypes: ['sync'], configId: connectionId })
    expect(jobs.body).toEqual({ jobs: [], totalJobCount: 0 })
  })

  it('that are inactive do not sync', async () => {
    const { connectionId } = (await createConnection({ status: 'inactive' })).body
    expect((await engine.call('/connections/sync', { connectionId })).status).toBe(500)
  })
})

describe('a discovery that takes its time', () => {
  const held = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const slowSource: typeof memorySource = {
    ...memorySource,
    discover: async (config, signal) => {
      asked.resolve()
      await held.promise
      return memorySource.discover(config, signal)
    },
  }

  it('overwrites nothing that changed meanwhile, and makes no connection of what was deleted', async () => {
    await using own = await testEngine({ connectors: { ...connectors, sources: [slowSource] } })
    const { defaultWorkspaceId } = (await own.call('/instance_configuration')).body
    const actor = async (kind: 'source' | 'destination', definitionId: string) => {
      const definition = { [`${kind}DefinitionId`]: definitionId }
      const rest = { workspaceId: defaultWorkspaceId, name: kind, connectionConfiguration: { host: 'up' } }
      return (await own.call(`/${kind}s/create`, { ...definition, ...rest })).body[`${kind}Id`] as string
    }
    const sourceId = await actor('source', memorySource.definitionId)
    const other = await actor('source', memorySource.definitionId)
    const destinationId = await actor('destination', memoryDestination.definitionId)
    const doomed = await actor('destination', memoryDestination.definitionId)
    const { connectionId } = (await own.call('/connections/create', { sourceId, destinationId, status: 'active' })).body

    const syncCatalog = { streams: [{ stream: { name: 'orders', namespace: 'public' }, config: incremental }] }
    const create = (sourceId: string, destinationId: string) =>
      own.call('/connections/create', { sourceId, destinationId, status: 'active', syncCatalog })
    const slow = [
      own.call('/connections/update', { connectionId, syncCatalog }),
      create(other, destinationId),
      create(sourceId, doomed),
    ]
    await asked.promise
    await own.call('/connections/update', { connectionId, status: 'inactive' })
    await own.call('/sources/delete', { sourceId: other })
    await own.call('/destinations/delete', { destinationId: doomed })
    held.resolve()
    const [updated, ...created] = await Promise.all(slow)
    expect(updated?.body).toMatchObject({ status: 'inactive', syncCatalog: { streams: [{}] } })
    expect(created.map(({ status }) => status)).toEqual([404, 404])
  })
})

describe('a sync process', () => {
  it('that does not know the connector fails the job for good, with a reason', async () => {
    const { connectionId } = (await createConnection()).body
    const started = (await engine.call('/connections/sync', { connectionId })).body
    expect(started.job).toMatchObject({ status: 'running', configId: connectionId })
    const info = await engine.finished(started.job.id)
    expect(info.job).toMatchObject({ status: 'failed', summary: { recordsSynced: 0 } })
    expect(info.attempts).toMatchObject([
      {
        attempt: {
          id: 0,
          status: 'failed',
          failureSummary: {
            failures: [{ failureType: 'config_error', externalMessage: expect.stringContaining('No connector') }],
          },
        },
      },
    ])
    const listed = (await engine.call('/jobs/list', { configTypes: ['sync'], configId: connectionId })).body
    expect(listed).toMatchObject({
      totalJobCount: 1,
      jobs: [{ id: started.job.id, status: 'failed', job: { status: 'failed' } }],
    })
    const again = (await engine.call('/connections/sync', { connectionId })).body.job.id
    await engine.call('/jobs/cancel', { id: again })
    const including = async (includingJobId: number) => {
      const page = { configTypes: ['sync'], configId: connectionId, pagination: { pageSize: 1 }, includingJobId }
      return (await engine.call('/jobs/list', page)).body.jobs.map(({ id }: { id: number }) => id)
    }
    expect(await including(again)).toEqual([again])
    expect(await including(started.job.id)).toEqual([again, started.job.id])
    expect(await including(999)).toEqual([])
  })

  it('never brings a secret into the log', () => {
    expect(engine.lines.join('\n')).not.toContain(secret)
    expect(engine.lines.length).toBeGreaterThan(10)
  })
})
