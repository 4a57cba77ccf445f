import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operations } from '../../../lib/engine/api/operations.ts'
import { officialApi } from '../../support/openapi/official-api.ts'
import { memoryDestination, memorySource } from './memory-connectors.ts'
import { type TestEngine, testEngine } from './test-engine.ts'

const official = officialApi('2.0.0')
/** What the cut of 2.0.0 leaves out. */
const head = officialApi('HEAD')
const connectors = { sources: [memorySource], destinations: [memoryDestination] }
const definitions = { source: memorySource.definitionId, destination: memoryDestination.definitionId }

/** Each operation once, with what the ones before have made; the document is held against every answer by `call`. */
describe.runIf(official)('every operation of the engine', () => {
  const asked = new Map<string, unknown>()
  let engine: TestEngine
  const call = async (path: string, body: object = {}) => {
    const answer = await engine.call(path, body)
    expect(answer.status, `${path}: ${answer.text}`).toBeLessThan(300)
    // The question has to be one that real Airbyte documents, too.
    const document = official?.has(path) ? official : head
    if (document?.has(path)) {
      expect(document.requestFaults(path, body), path).toEqual([])
      expect(document.answerFaults(path, answer.status, answer.body), path).toEqual([])
    }
    asked.set(path, answer.body)
    return answer.body
  }

  beforeAll(async () => {
    engine = await testEngine({ connectors })
    await call('/health')
    const { defaultWorkspaceId: workspaceId, defaultUserId: userId } = await call('/instance_configuration')
    await call('/workspaces/list')
    await call('/workspaces/list_by_user_id', { userId })
    await call('/workspaces/get', { workspaceId })
    const made: Record<string, string> = {}
    for (const kind of ['source', 'destination'] as const) {
      const byDefinition = { [`${kind}DefinitionId`]: definitions[kind] }
      await call(`/${kind}_definitions/list`)
      await call(`/${kind}_definitions/list_for_workspace`, { workspaceId })
      await call(`/${kind}_definitions/get`, byDefinition)
      await call(`/${kind}_definition_specifications/get`, { ...byDefinition, workspaceId })
      const connectionConfiguration = { host: 'up', password: 'secret' }
      const actor = await call(`/${kind}s/create`, {
        workspaceId,
        name: kind,
        ...byDefinition,
        connectionConfiguration,
      })
      const byId = { [`${kind}Id`]: actor[`${kind}Id`] }
      Object.assign(made, byId)
      await call(`/${kind}s/get`, byId)
      await call(`/${kind}s/list`, { workspaceId, pageSize: 1 })
      await call(`/${kind}s/update`, { ...byId, name: 'two', connectionConfiguration })
      await call(`/${kind}s/partial_update`, { ...byId, name: 'three' })
      await call(`/${kind}s/check_connection`, byId)
      await call(`/${kind}s/check_connection_for_update`, { ...byId, name: 'four', connectionConfiguration })
    }
    const { sourceId, destinationId } = made
    const { catalog, catalogId } = await call('/sources/discover_schema', { sourceId })
    const streams = (catalog.streams as { config: object }[]).map((entry) => ({
      ...entry,
      config: { ...entry.config, selected: true },
    }))
    const { connectionId } = await call('/connections/create', {
      sourceId,
      destinationId,
      status: 'active',
      name: 'link',
      syncCatalog: { streams },
      sourceCatalogId: catalogId,
      scheduleType: 'cron',
      scheduleData: { cron: { cronExpression: '0 0 6 * * ?', cronTimeZone: 'UTC' } },
    })
    await call('/connections/get', { connectionId })
    await call('/connections/list', { workspaceId })
    await call('/connections/update', { connectionId, name: 'other', scheduleType: 'manual' })
    await call('/state/get', { connectionId })
    const streamState = [{ streamDescriptor: { name: 'orders', namespace: 'public' }, streamState: { at: 1 } }]
    for (const path of ['/state/create_or_update', '/state/create_or_update_safe'])
      await call(path, { connectionId, connectionState: { connectionId, stateType: 'stream', streamState } })
    const { job } = await call('/connections/sync', { connectionId })
    for (const path of ['/jobs/get', '/jobs/get_without_logs', '/jobs/get_light', '/jobs/cancel'])
      await call(path, { id: job.id })
    const all = { connectionId }
    const some = { connectionId, streams: [{ streamName: 'orders', streamNamespace: 'public' }] }
    for (const [path, body] of [
      ['/connections/refresh', { ...some, refreshMode: 'Merge' }],
      ['/connections/clear', all],
      ['/connections/clear/stream', some],
      ['/connections/reset', all],
      ['/connections/reset/stream', some],
    ] as const)
      await call('/jobs/cancel', { id: (await call(path, body)).job.id })
    await call('/jobs/list', { configTypes: ['sync'], configId: connectionId })
    await call('/jobs/get_last_replication_job', { connectionId })
    await call('/connections/delete', { connectionId })
    await call('/sources/delete', { sourceId })
    await call('/destinations/delete', { destinationId })
  })
  afterAll(() => engine[Symbol.asyncDispose]())

  it('was asked', () => expect([...asked.keys()].sort()).toEqual(Object.keys(operations).sort()))

  it("stands in Airbyte's document, but for one that clients of earlier releases begin with", () =>
    expect(Object.keys(operations).filter((path) => !official?.has(path) && !head?.has(path))).toEqual([
      '/workspaces/list',
    ]))
})
