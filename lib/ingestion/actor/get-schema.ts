import { IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import { uuidAt } from '../known-id.ts'
import { discover } from './discover.ts'

export interface GetSchema {
  id: string
  refresh: boolean
  /** Only the streams of this name. */
  stream?: string | undefined
}

export interface StreamRead {
  name: string
  namespace?: string
  jsonSchema: Record<string, unknown>
  syncModes: string[]
  /** The path of the field that tells new rows; empty when the source proposes none. */
  cursor: string[]
  /** The cursor cannot be chosen. */
  sourceDefinedCursor: boolean
  primaryKey: string[][]
}

const namesShown = 20

/** The streams of a source, by namespace and name. */
export const getSchema = async (
  services: Services,
  { id, refresh, stream: wanted }: GetSchema,
  signal: AbortSignal,
): Promise<{ streams: StreamRead[] }> => {
  const sourceId = uuidAt(id, '/id', 'data source')
  const { catalog } = await discover(services, sourceId, { pointer: '/id', refresh }, signal)
  const streams = catalog.streams.map(
    ({ stream }): StreamRead => ({
      name: stream.name,
      ...(stream.namespace ? { namespace: stream.namespace } : {}),
      jsonSchema: stream.jsonSchema ?? {},
      syncModes: [...(stream.supportedSyncModes ?? ['full_refresh'])],
      cursor: [...(stream.defaultCursorField ?? [])],
      sourceDefinedCursor: stream.sourceDefinedCursor === true,
      primaryKey: (stream.sourceDefinedPrimaryKey ?? []).map((path) => [...path]),
    }),
  )
  const chosen = wanted === undefined ? streams : streams.filter((one) => one.name === wanted)
  if (wanted !== undefined && chosen.length === 0) throw noStream(wanted, streams)
  return { streams: chosen.sort((a, b) => order(a.namespace ?? '', b.namespace ?? '') || order(a.name, b.name)) }
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const noStream = (wanted: string, streams: readonly StreamRead[]) => {
  const names = [...new Set(streams.map((one) => one.name))].sort()
  const listed = names.slice(0, namesShown).join(', ') + (names.length > namesShown ? `, … (${names.length})` : '')
  return new IngestionError('not_found', `The data source has no stream ${JSON.stringify(wanted.slice(0, 80))}.`, {
    errors: [{ pointer: '/stream', message: `is not a stream of the source; it has ${listed || 'none'}` }],
  })
}
