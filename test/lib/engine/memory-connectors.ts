import type {
  Batch,
  ConfiguredStream,
  Destination,
  OpenDestination,
  Source,
  Stream,
  StreamRead,
  StreamTarget,
} from '../../../lib/connectors/connector.ts'
import { IngestionError } from '../../../lib/errors.ts'

const specification = {
  type: 'object',
  required: ['host'],
  properties: {
    host: { type: 'string' },
    password: { type: 'string', airbyte_secret: true },
    tunnel: {
      oneOf: [
        { properties: { method: { const: 'none' } } },
        { properties: { method: { const: 'key' }, key: { type: 'string', airbyte_secret: true } } },
      ],
    },
  },
}

const parseConfig = (json: unknown) => {
  const config = json as { host?: unknown }
  if (typeof config.host === 'string') return { ...config, host: config.host }
  throw new IngestionError('connector_config', 'The configuration is incomplete.', {
    errors: [{ pointer: '/host', message: 'is missing' }],
  })
}

const customers: Stream = {
  name: 'customers',
  namespace: 'public',
  jsonSchema: { type: 'object', properties: { id: { type: 'integer' } } },
  supportedSyncModes: ['full_refresh', 'incremental'],
  sourceDefinedCursor: false,
  defaultCursorField: [],
  sourceDefinedPrimaryKey: [['id']],
}
const orders: Stream = { ...customers, name: 'orders' }

/** Its check fails for the host "down", and breaks for "broken", as does its discovery. */
export const memorySource: Source<{ host: string }> = {
  kind: 'source',
  name: 'source-memory',
  definitionId: '0f1a2b3c-0000-4000-8000-000000000001',
  title: 'Memory',
  documentationUrl: 'https://example.com/source-memory',
  connectionSpecification: specification,
  parseConfig,
  check: async ({ host }) => {
    if (host === 'broken') throw new Error('a surprise with canary-secret')
    return host === 'down' ? [{ pointer: '/host', message: 'nothing listens at down' }] : []
  },
  discover: async ({ host }) => {
    if (host === 'broken') throw new IngestionError('connector_config', 'The password canary-secret is wrong.')
    return [customers, orders]
  },
  open: async () => {
    throw new Error('not opened in the tests of the API')
  },
}

export const memoryDestination: Destination<{ host: string }> = {
  kind: 'destination',
  name: 'destination-memory',
  definitionId: '0f1a2b3c-0000-4000-8000-000000000002',
  title: 'Memory',
  documentationUrl: 'https://example.com/destination-memory',
  connectionSpecification: specification,
  supportedDestinationSyncModes: ['append', 'overwrite'],
  parseConfig,
  check: async () => [],
  open: async () => {
    throw new Error('not opened in the tests of the API')
  },
}

/** A source connection that plays these batches, whatever the stream. */
export const playing = (play: (stream: ConfiguredStream, signal: AbortSignal) => AsyncIterable<Batch>) => ({
  read: async (stream: ConfiguredStream, _state: unknown, signal: AbortSignal): Promise<StreamRead> => ({
    fields: [],
    batches: play(stream, signal),
  }),
  [Symbol.asyncDispose]: async () => undefined,
})

/** `rows` rows of 10 bytes each. */
export const batchOf = (rows: number, state?: Record<string, unknown>): Batch => ({
  rows,
  sourceBytes: rows * 10,
  columns: [],
  ...(state ? { state } : {}),
})

/** A destination that notes what is asked of it, and fails where `failAt` says. */
export const recording = (failAt?: { call: string; error: Error }) => {
  const calls: string[] = []
  const targets: StreamTarget[] = []
  const note = async (call: string) => {
    await Promise.resolve()
    if (failAt?.call === call) throw failAt.error
    calls.push(call)
  }
  const destination: OpenDestination = {
    openStream: async (target) => {
      targets.push(target)
      let rows = 0
      await note(`open ${target.name}`)
      return {
        write: async (batch) => {
          await note(`write ${batch.rows}`)
          rows += batch.rows
          return []
        },
        checkpoint: async () => {
          await note('checkpoint')
          return { rows, bytes: rows }
        },
        finish: async () => {
          await note('finish')
          return { rows, bytes: rows }
        },
        [Symbol.asyncDispose]: async () => void calls.push('dispose'),
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
  return { destination, calls, targets }
}
