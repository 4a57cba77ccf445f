import { describe, expect, it } from 'vitest'
import type { AirbyteStream } from '../../../../lib/airbyte/types.ts'
import { type StreamChoice, selectStreams } from '../../../../lib/ingestion/connection/select-streams.ts'

const stream = (name: string, more: Partial<AirbyteStream> = {}): { stream: AirbyteStream } => ({
  stream: {
    name,
    namespace: 'public',
    jsonSchema: { properties: { id: {}, updated_at: {}, address: { properties: { city: {} } } } },
    supportedSyncModes: ['full_refresh', 'incremental'],
    sourceDefinedCursor: false,
    defaultCursorField: [],
    sourceDefinedPrimaryKey: [],
    ...more,
  },
})
const catalog = {
  streams: [
    stream('orders'),
    stream('customers', { sourceDefinedPrimaryKey: [['id']] }),
    stream('events', { sourceDefinedCursor: true, defaultCursorField: ['updated_at'] }),
    stream('facts', { sourceDefinedPrimaryKey: [['id']], defaultCursorField: ['updated_at'] }),
    stream('notes', { supportedSyncModes: ['full_refresh'] }),
    stream('twin', { namespace: 'a' }),
    stream('twin', { namespace: 'b' }),
  ],
}
const all = ['append', 'overwrite', 'append_dedup']
const s3 = ['append', 'overwrite']
const one = (choice: StreamChoice, modes: readonly string[] | undefined = all) =>
  selectStreams(catalog, [choice], modes)

describe('selectStreams', () => {
  it('nothing told selects every stream, by namespace and name, whole', () => {
    const { catalog: sent, faults } = selectStreams(catalog, undefined, all)
    expect(faults).toEqual([])
    expect(sent.streams.map(({ stream: { namespace, name } }) => `${namespace}.${name}`)).toEqual([
      'a.twin',
      'b.twin',
      'public.customers',
      'public.events',
      'public.facts',
      'public.notes',
      'public.orders',
    ])
    for (const entry of sent.streams) {
      expect(catalog.streams).toContainEqual({ stream: entry.stream })
      expect(entry.config?.selected).toBe(true)
    }
  })

  it.each([
    ['no cursor: all of it anew', 'orders', all, 'full_refresh', 'overwrite'],
    ['a key alone does not help', 'customers', all, 'full_refresh', 'overwrite'],
    ['a cursor of the source: incremental', 'events', all, 'incremental', 'append'],
    ['cursor and key: one row a key', 'facts', all, 'incremental', 'append_dedup'],
    ['where the destination can', 'facts', s3, 'incremental', 'append'],
    ['a destination without overwrite', 'orders', ['append'], 'full_refresh', 'append'],
    ['modes that Airbyte does not tell', 'facts', undefined, 'incremental', 'append'],
  ])('default: %s', (_, name, modes, syncMode, destinationSyncMode) => {
    const { streams, faults } = selectStreams(catalog, [{ name }], modes)
    expect(faults).toEqual([])
    expect(streams).toMatchObject([{ name, syncMode, destinationSyncMode }])
    expect(streams[0]?.why).toBeTruthy()
  })

  it.each([
    [
      'the seed: incremental by updated_at, append',
      { name: 'orders', syncMode: 'incremental', cursorField: 'updated_at', destinationSyncMode: 'append' },
      { syncMode: 'incremental', destinationSyncMode: 'append', cursorField: ['updated_at'] },
    ],
    [
      'a cursor as a path',
      { name: 'orders', cursorField: ['updated_at'] },
      { syncMode: 'incremental', cursorField: ['updated_at'] },
    ],
    [
      'a cursor in an object',
      { name: 'orders', cursorField: ['address', 'city'] },
      { cursorField: ['address', 'city'] },
    ],
    [
      'a named key',
      { name: 'orders', cursorField: 'updated_at', primaryKey: ['id'] },
      { destinationSyncMode: 'append_dedup', primaryKey: [['id']] },
    ],
    ['the key that the source has anyway', { name: 'facts', primaryKey: ['id'] }, { primaryKey: [['id']] }],
    [
      'overwrite alone is a full refresh',
      { name: 'facts', destinationSyncMode: 'overwrite' },
      { syncMode: 'full_refresh' },
    ],
    [
      'fields',
      { name: 'orders', cursorField: 'updated_at', fields: ['id', 'updated_at'] },
      { fields: ['id', 'updated_at'] },
    ],
    ['a namespace where it is needed', { name: 'twin', namespace: 'b' }, { namespace: 'b' }],
  ] as readonly (readonly [string, StreamChoice, object])[])('told: %s', (_, choice, expected) => {
    const { streams, faults } = one(choice)
    expect(faults).toEqual([])
    expect(streams).toMatchObject([expected])
  })

  it.each([
    ['a stream that is not there', { name: 'order' }, '/streams/0/name', /orders/],
    ['a namespace that has it not', { name: 'orders', namespace: 'x' }, '/streams/0/namespace', /public/],
    ['a name that several have', { name: 'twin' }, '/streams/0/namespace', /a, b/],
    [
      'a cursor that is not there',
      { name: 'orders', cursorField: 'nope' },
      '/streams/0/cursorField',
      /address, id, updated_at/,
    ],
    [
      'another cursor than the source has',
      { name: 'events', cursorField: 'id' },
      '/streams/0/cursorField',
      /defined by the source \(updated_at\)/,
    ],
    ['incremental without a cursor', { name: 'orders', syncMode: 'incremental' }, '/streams/0/cursorField', /required/],
    [
      'a mode that the source has not',
      { name: 'notes', syncMode: 'incremental' },
      '/streams/0/syncMode',
      /offers full_refresh/,
    ],
    [
      'a cursor for a stream without increments',
      { name: 'notes', cursorField: 'id' },
      '/streams/0/cursorField',
      /offers full_refresh/,
    ],
    [
      'a key that is not there',
      { name: 'orders', cursorField: 'id', primaryKey: ['id', 'nope'] },
      '/streams/0/primaryKey/1',
      /not a field/,
    ],
    [
      'another key than the source has',
      { name: 'facts', primaryKey: ['updated_at'] },
      '/streams/0/primaryKey',
      /defined by the source \(id\)/,
    ],
    [
      'dedup without a key',
      { name: 'orders', cursorField: 'id', destinationSyncMode: 'append_dedup' },
      '/streams/0/primaryKey',
      /required/,
    ],
    [
      'incremental overwrite',
      { name: 'events', syncMode: 'incremental', destinationSyncMode: 'overwrite' },
      '/streams/0/destinationSyncMode',
      /append/,
    ],
    ['an unknown field', { name: 'orders', fields: ['id', 'nope'] }, '/streams/0/fields/1', /not a field/],
    [
      'fields without the cursor',
      { name: 'orders', cursorField: 'updated_at', fields: ['id'] },
      '/streams/0/fields',
      /updated_at/,
    ],
  ] as readonly (readonly [string, StreamChoice, string, RegExp])[])('refused: %s', (_, choice, pointer, message) => {
    const { faults } = one(choice)
    expect(faults).toMatchObject([{ pointer }])
    expect(faults[0]?.message).toMatch(message)
  })

  it('a mode that the destination has not is refused with what it has', () =>
    expect(one({ name: 'facts', destinationSyncMode: 'append_dedup' }, s3).faults).toEqual([
      { pointer: '/streams/0/destinationSyncMode', message: 'the destination takes append, overwrite' },
    ]))

  it('a stream named twice is refused', () =>
    expect(selectStreams(catalog, [{ name: 'orders' }, { name: 'orders' }], all).faults).toMatchObject([
      { pointer: '/streams/1' },
    ]))

  it('choices that only leave out select the others', () => {
    const { streams } = selectStreams(catalog, [{ name: 'orders', selected: false }], all)
    expect(streams).toHaveLength(6)
    expect(streams.map(({ name }) => name)).not.toContain('orders')
  })
})
