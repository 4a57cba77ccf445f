import { describe, expect, it } from 'vitest'
import type { AirbyteStream, CatalogEntry, StreamConfiguration } from '../../../../lib/airbyte/types.ts'
import { diffCatalogs } from '../../../../lib/ingestion/connection/catalog-diff.ts'

const properties = { id: { type: 'integer' }, at: { type: ['string', 'null'], format: 'date-time' } }
const entry = (stream: Partial<AirbyteStream> = {}, config: Partial<StreamConfiguration> = {}): CatalogEntry => ({
  stream: {
    name: 'orders',
    namespace: 'public',
    jsonSchema: { properties },
    supportedSyncModes: ['full_refresh', 'incremental'],
    ...stream,
  },
  config: {
    syncMode: 'incremental',
    destinationSyncMode: 'append_dedup',
    cursorField: ['at'],
    primaryKey: [['id']],
    ...config,
  },
})
const diff = (selected: readonly CatalogEntry[], discovered: readonly CatalogEntry[]) =>
  diffCatalogs({ streams: selected }, { streams: discovered })

describe('diffCatalogs', () => {
  it('finds nothing where only the order or a description is another', () => {
    const same = { at: { description: 'when', format: 'date-time', type: ['null', 'string'] }, id: { type: 'integer' } }
    const { changes, available, next } = diff([entry()], [entry({ jsonSchema: { properties: same } })])
    expect([changes, available]).toEqual([[], []])
    expect(next.streams[0]?.stream.jsonSchema).toEqual({ properties: same })
  })

  it('tells streams apart by namespace', () => {
    const { changes, available } = diff([entry()], [entry({ namespace: 'other' })])
    expect(changes).toEqual([{ name: 'orders', namespace: 'public', change: 'removed', fields: [] }])
    expect(available).toEqual([{ name: 'orders', namespace: 'other' }])
  })

  it('keeps the settings of a stream, without selected fields that are gone', () => {
    const config = { fieldSelectionEnabled: true, selectedFields: [{ fieldPath: ['id'] }, { fieldPath: ['gone'] }] }
    const { next } = diff([entry({}, config)], [entry({}, { syncMode: 'full_refresh' })])
    expect(next.streams[0]?.config).toMatchObject({
      syncMode: 'incremental',
      cursorField: ['at'],
      selectedFields: [{ fieldPath: ['id'] }],
    })
  })

  it('takes over a key that the source has now', () => {
    const { changes, next } = diff([entry()], [entry({ sourceDefinedPrimaryKey: [['id'], ['at']] })])
    expect(changes).toMatchObject([{ change: 'changed', fields: [] }])
    expect(next.streams[0]?.config?.primaryKey).toEqual([['id'], ['at']])
  })

  it.each([
    ['the cursor is gone', { jsonSchema: { properties: { id: {} } } }, 'the cursor at is gone'],
    ['a part of the key is gone', { jsonSchema: { properties: { at: {} } } }, 'the part id of the key is gone'],
    [
      'the mode is gone',
      { supportedSyncModes: ['full_refresh'] },
      'the source no longer offers incremental; it offers full_refresh',
    ],
  ])('is breaking when %s', (_, stream, breaking) =>
    expect(diff([entry()], [entry(stream)]).changes).toMatchObject([{ breaking }]),
  )

  it('is not breaking where the source has a cursor of its own', () =>
    expect(
      diff([entry()], [entry({ sourceDefinedCursor: true, jsonSchema: { properties: { id: {} } } })]).changes[0],
    ).not.toHaveProperty('breaking'))
})
