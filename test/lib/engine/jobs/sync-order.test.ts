import { describe, expect, it } from 'vitest'
import type { Actor } from '../../../../lib/engine/actor.ts'
import type { Connection } from '../../../../lib/engine/connection.ts'
import type { Attempt, Job, PlannedStream } from '../../../../lib/engine/job.ts'
import { refuseSharedTargets, syncOrder, targetOf } from '../../../../lib/engine/jobs/sync-order.ts'

const connection = (names: Partial<Connection>): Connection => ({
  id: 'c',
  sourceId: 's',
  destinationId: 'd',
  name: 'n',
  status: 'active',
  namespaceDefinition: 'source',
  catalog: [],
  schedule: { type: 'manual' },
  kept: {},
  createdAt: new Date(0),
  ...names,
})

describe('the target of a stream', () => {
  it.each<[string, Partial<Connection>, object]>([
    ['keeps the namespace of the source', {}, { name: 'orders', namespace: 'public' }],
    ['has none when the destination decides', { namespaceDefinition: 'destination' }, { name: 'orders' }],
    ['has the prefix before its name', { prefix: 'raw_' }, { name: 'raw_orders', namespace: 'public' }],
    [
      'has a namespace of its own',
      { namespaceDefinition: 'customformat', namespaceFormat: 'lake' },
      { name: 'orders', namespace: 'lake' },
    ],
    [
      'may be formed from that of the source',
      { namespaceDefinition: 'customformat', namespaceFormat: `lake_${'$'}{SOURCE_NAMESPACE}` },
      { name: 'orders', namespace: 'lake_public' },
    ],
    [
      'has none when the format is blank',
      { namespaceDefinition: 'customformat', namespaceFormat: '' },
      { name: 'orders' },
    ],
  ])('%s', (_, names, expected) => {
    expect(targetOf({ name: 'orders', namespace: 'public' }, connection(names))).toEqual(expected)
  })
})

describe('streams of one name in several namespaces', () => {
  const streams = ['public', 'sales'].map((namespace) => ({ name: 'orders', namespace }))
  const format = (namespaceFormat: string): Partial<Connection> => ({
    namespaceDefinition: 'customformat',
    namespaceFormat,
  })

  it.each<Partial<Connection>>([{ namespaceDefinition: 'destination' }, format('lake'), format('')])(
    'are refused where %j brings them to one place',
    (names) => {
      expect(() => refuseSharedTargets(streams, connection(names))).toThrow(
        /public\.orders and sales\.orders would both be written to (lake\.)?orders: leave one out/,
      )
    },
  )

  it.each<Partial<Connection>>([{}, format(`lake_${'$'}{SOURCE_NAMESPACE}`)])('go on with %j', (names) => {
    expect(() => refuseSharedTargets(streams, connection(names))).not.toThrow()
  })
})

const planned = (name: string, syncMode: 'full_refresh' | 'incremental'): PlannedStream => ({
  stream: { name, syncMode, destinationSyncMode: 'append', cursorField: [], primaryKey: [] },
  target: { name },
  generationId: 0,
})
const actor = (kind: Actor['kind']): Actor => ({
  id: kind,
  kind,
  definitionId: kind,
  name: kind,
  configuration: {},
  createdAt: new Date(0),
})
const job: Job = {
  id: 7,
  connectionId: 'c',
  configType: 'sync',
  status: 'incomplete',
  streams: [planned('full', 'full_refresh'), planned('fresh', 'full_refresh'), planned('inc', 'incremental')],
  createdAt: new Date(0),
  updatedAt: new Date(0),
}
const attempt = (finished: string): Attempt => ({
  jobId: 7,
  number: 0,
  status: 'failed',
  createdAt: new Date(0),
  updatedAt: new Date(0),
  failures: [],
  streams: ['full', 'fresh', 'inc'].map((name) => ({
    name,
    recordsEmitted: 1,
    bytesEmitted: 1,
    recordsCommitted: 1,
    bytesCommitted: 1,
    statesEmitted: 0,
    complete: name === finished,
  })),
})
const order = (earlier: readonly Attempt[]) =>
  syncOrder(
    job,
    earlier,
    { source: actor('source'), destination: actor('destination') },
    () => ({ at: 1 }),
    new Date(0),
  )

describe('the order of an attempt', () => {
  it('gives a state to incremental streams only', () => {
    expect(order([]).streams.map(({ state }) => state)).toEqual([undefined, undefined, { at: 1 }])
  })

  it('leaves out what an earlier attempt has finished, so that nothing is appended twice', () => {
    const { streams, attempt: number } = order([attempt('full')])
    expect(streams.map(({ stream }) => stream.name)).toEqual(['fresh', 'inc'])
    expect(number).toBe(1)
  })
})
