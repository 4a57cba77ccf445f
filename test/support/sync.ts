import type { Column, Field } from '../../lib/connectors/columns/column.ts'
import { readColumn, type Value } from '../../lib/connectors/columns/column-reader.ts'
import type {
  ConfiguredStream,
  Destination,
  Source,
  StreamState,
  SyncMode,
  ValueChange,
} from '../../lib/connectors/connector.ts'
import { loadCodec } from '../../lib/connectors/parquet/codec.ts'
import { ParquetWriter } from '../../lib/connectors/parquet/parquet-writer.ts'

export const streamOf = (name: string, more: Partial<ConfiguredStream> = {}): ConfiguredStream => ({
  name,
  namespace: 'public',
  syncMode: 'full_refresh',
  destinationSyncMode: 'append',
  cursorField: [],
  primaryKey: [],
  ...more,
})

export interface ReadResult {
  readonly fields: readonly Field[]
  readonly rows: readonly Record<string, Value>[]
  readonly states: readonly StreamState[]
  /** The state of each batch, by its number. */
  readonly batchStates: readonly (StreamState | undefined)[]
  readonly changes: readonly ValueChange[]
  readonly batches: readonly { rows: number; columns: readonly Column[] }[]
}

/** Reads one stream through a source's contract, in a connection of its own. `config` is untrusted JSON, as users give it. */
export const readStream = async <Config>(
  source: Source<Config>,
  config: unknown,
  stream: ConfiguredStream,
  state?: StreamState,
): Promise<ReadResult> => {
  const { signal } = new AbortController()
  await using open = await source.open(source.parseConfig(config), signal)
  const { fields, batches } = await open.read(stream, state, signal)
  const rows: Record<string, Value>[] = []
  const batchStates: (StreamState | undefined)[] = []
  const changes: ValueChange[] = []
  const kept: { rows: number; columns: readonly Column[] }[] = []
  for await (const batch of batches) {
    const columns = fields.map((field, index) => [
      ...readColumn(field.type, batch.columns[index] as Column, batch.rows),
    ])
    for (let row = 0; row < batch.rows; row++) {
      rows.push(Object.fromEntries(fields.map((field, index) => [field.name, columns[index]?.[row] ?? null])))
    }
    batchStates.push(batch.state)
    changes.push(...(batch.changes ?? []))
    kept.push({ rows: batch.rows, columns: batch.columns })
  }
  const states = batchStates.filter((given) => given !== undefined)
  return { fields, rows, states, batchStates, changes, batches: kept }
}

/** What was read as one Parquet file. */
export const parquetOf = async (
  read: ReadResult,
  codec: Parameters<typeof loadCodec>[0] = 'SNAPPY',
): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  const writer = new ParquetWriter(read.fields, { codec: await loadCodec(codec) }, async (bytes) => {
    chunks.push(Buffer.from(bytes))
  })
  for (const batch of read.batches) await writer.write(batch.rows, batch.columns)
  await writer.finish()
  return Buffer.concat(chunks)
}

let jobId = 0

export interface SyncOptions {
  readonly source: { readonly connector: Source; readonly config: unknown }
  readonly destination: { readonly connector: Destination; readonly config: unknown }
  readonly stream: ConfiguredStream
  readonly state?: StreamState
}

/** One sync of one stream as the engine runs it: state counts only after `finish`. */
export const sync = async ({ source, destination, stream, state }: SyncOptions) => {
  const { signal } = new AbortController()
  const { connector: from } = source
  const { connector: to } = destination
  await using reading = await from.open(from.parseConfig(source.config), signal)
  await using writing = await to.open(to.parseConfig(destination.config), signal)
  const { fields, batches } = await reading.read(stream, state, signal)
  const identity = { connectionId: 'c0ffee', jobId: ++jobId, attempt: 0, startedAt: new Date(), generationId: jobId }
  const target = { stream, namespace: stream.namespace, name: stream.name, fields, sync: identity }
  await using writer = await writing.openStream(target, signal)
  let last = state
  for await (const batch of batches) {
    await writer.write(batch)
    last = batch.state ?? last
  }
  return { committed: await writer.finish(), state: last, mode: stream.syncMode satisfies SyncMode }
}
