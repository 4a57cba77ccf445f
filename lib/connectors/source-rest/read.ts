import { IngestionError } from '../../errors.ts'
import type { ColumnType, Field } from '../columns/column.ts'
import { ColumnBuilder } from '../columns/column-builder.ts'
import type { Batch, ConfiguredStream, OpenSource, StreamRead, StreamState, ValueChange } from '../connector.ts'
import { appendValue } from './append-value.ts'
import type { RestConfig, RestStream } from './config.ts'
import { CursorFilter, parseState, type RestState } from './cursor.ts'
import { parameterAt } from './cursor-order.ts'
import { SchemaInference } from './infer.ts'
import type { JsonText } from './json-text.ts'
import { type Page, readPages } from './pages.ts'
import { RecordReader } from './record-reader.ts'
import { RestTransport } from './transport.ts'

/** So many records, and at least one page, are read before the columns are fixed. */
const sampleRecords = 1_000
const samplePages = 10
const sampleBytes = 32 << 20
const batchRows = 8_192
const batchBytes = 8 << 20
const exampleBytes = 400

/** An API keeps nothing open and has no snapshot: what changes while pages are read is seen or not. */
export const open = async (config: RestConfig, signal: AbortSignal): Promise<OpenSource> => {
  signal.throwIfAborted()
  // One for all streams: so is the rate limit.
  const transport = new RestTransport(config)
  const closed = new AbortController()
  return {
    read: (stream, state, readSignal) =>
      read(config, transport, stream, state, AbortSignal.any([readSignal, closed.signal])),
    async [Symbol.asyncDispose]() {
      closed.abort()
    },
  }
}

/** The pages that decide about the columns, and all pages, those included. The caller ends `pages`. */
export const sample = async (pages: AsyncGenerator<Page>) => {
  const seen: Page[] = []
  const inference = new SchemaInference()
  let records = 0
  let bytes = 0
  while (records < sampleRecords && seen.length < samplePages && bytes < sampleBytes) {
    const next = await pages.next()
    if (next.done) break
    const { json, records: found } = next.value
    seen.push(next.value)
    records += found.length
    bytes += next.value.bytes
    if (json) for (const record of found) inference.look(json, record)
  }
  async function* all(): AsyncGenerator<Page> {
    try {
      for (let page = seen.shift(); page; page = seen.shift()) yield page
      yield* pages
    } finally {
      await pages.return(undefined)
    }
  }
  return { fields: inference.fields(), pages: all() }
}

const read = async (
  config: RestConfig,
  transport: RestTransport,
  wanted: ConfiguredStream,
  state: StreamState | undefined,
  signal: AbortSignal,
): Promise<StreamRead> => {
  const stream = streamNamed(config, wanted.name)
  const { incremental } = stream
  if (wanted.syncMode === 'incremental' && !incremental) {
    const message = 'REST API: incremental reading needs to know the parameter to ask with; configure "incremental"'
    throw new IngestionError('connector_config', message, { errors: [{ pointer: '/incremental', message }] })
  }
  const cursor = wanted.syncMode === 'incremental' ? incremental : undefined
  const start = cursor && parseState(state, cursor.cursorField)
  const parameters = startParameters(stream, cursor && start)
  const reading = readPages(config, stream, transport, {
    signal,
    parameters: cursor ? parameters : {},
    mayLack: typeof start?.cursor === 'string',
  })
  const { fields: inferred, pages } = await sample(reading)
  const fields = fieldsOf(wanted, inferred, start)
  const filter = cursor && new CursorFilter(start, cursor.lookbackSeconds)
  const types = Object.fromEntries(fields.map(({ name, type }) => [name, type]))
  const stateNow = () => (cursor && filter ? { cursorField: cursor.cursorField, ...filter.position, types } : undefined)
  const isWhole = wanted.fields === undefined
  return {
    fields,
    batches: batchesOf({ fields, pages, isWhole, cursor: cursor?.cursorField, filter, stateNow, signal }),
  }
}

const streamNamed = ({ streams }: RestConfig, name: string): RestStream => {
  const stream = streams.find((one) => one.name === name)
  if (stream) return stream
  const names = streams.map((one) => `"${one.name}"`).join(', ')
  const message = `REST API: there is no stream "${name}", only ${names}; discover the schema again`
  throw new IngestionError('connector_config', message)
}

/** Asks for what is new since a state; without one from the configured start on. */
export const startParameters = ({ incremental }: RestStream, start: RestState | undefined): Record<string, string> => {
  if (!incremental) return {}
  const { queryParameter, startValue } = incremental
  if (typeof start?.cursor === 'string') return { [queryParameter]: parameterAt(incremental, start.cursor) }
  return startValue === undefined ? {} : { [queryParameter]: JSON.stringify(startValue) }
}

/** What an earlier sync decided stays; what the user chose and the sample does not show is text. */
const fieldsOf = (
  stream: ConfiguredStream,
  inferred: readonly Field[],
  start: RestState | undefined,
): readonly Field[] => {
  const earlier = Object.entries(start?.types ?? {}).map(([name, type]) => ({
    name,
    type: type as ColumnType,
    nullable: true,
  }))
  const known = new Set(earlier.map(({ name }) => name))
  const all: Field[] = [...earlier, ...inferred.filter(({ name }) => !known.has(name))]
  for (const name of [...(stream.fields ?? []), ...(stream.asText ?? [])]) {
    if (!all.some((field) => field.name === name)) all.push({ name, type: { kind: 'text' }, nullable: true })
  }
  const wanted = stream.fields && new Set(stream.fields)
  const asText = new Set(stream.asText)
  return all
    .filter(({ name }) => !wanted || wanted.has(name))
    .map((field) => (asText.has(field.name) ? { ...field, type: { kind: 'text' } } : field))
}

interface ReadPlan {
  readonly fields: readonly Field[]
  readonly pages: AsyncIterable<Page>
  /** All keys of the records are wanted. */
  readonly isWhole: boolean
  readonly cursor: string | undefined
  readonly filter: CursorFilter | undefined
  readonly stateNow: () => StreamState | undefined
  readonly signal: AbortSignal
}

async function* batchesOf({
  fields,
  pages,
  isWhole,
  cursor,
  filter,
  stateNow,
  signal,
}: ReadPlan): AsyncGenerator<Batch> {
  const builders = fields.map(() => new ColumnBuilder(batchRows))
  const names = fields.map(({ name }) => name)
  // The cursor is looked at whether it is among the wanted fields or not.
  const reader = new RecordReader(cursor === undefined || names.includes(cursor) ? names : [...names, cursor])
  const cursorIndex = cursor === undefined ? -1 : reader.names.indexOf(cursor)
  let changes: ValueChange[] = []
  let rows = 0
  let sourceBytes = 0

  const leaveOut = (field: string, json: JsonText, at: number) => {
    const value = json.source(at).toString('utf8', 0, exampleBytes).slice(0, 100)
    changes.push({ row: rows, field, change: 'NULLED', reason: 'SOURCE_SERIALIZATION_ERROR', value })
  }
  const take = (json: JsonText) => {
    const { values, surplus } = reader
    for (let index = 0; index < builders.length; index++) {
      const builder = builders[index] as ColumnBuilder
      const { name, type } = fields[index] as Field
      const at = values[index] as number
      if (at === -1 || json.isNull(at)) {
        builder.appendNull()
      } else if (!appendValue(type, builder, json, at)) {
        builder.appendNull()
        leaveOut(name, json, at)
      }
    }
    // A key that no record of the sample had has no column: recorded, not dropped without a word.
    for (const { key, at } of surplus) if ((isWhole || names.includes(key)) && !json.isNull(at)) leaveOut(key, json, at)
    rows++
  }
  const build = (isLast: boolean): Batch => {
    const state = isLast ? stateNow() : undefined
    const batch: Batch = {
      ...{ rows, sourceBytes, columns: builders.map((builder) => builder.build()) },
      ...(changes.length > 0 ? { changes } : {}),
      ...(state ? { state } : {}),
    }
    changes = []
    rows = 0
    sourceBytes = 0
    return batch
  }

  for await (const { json, records, bytes } of pages) {
    sourceBytes += bytes
    for (const record of records) {
      if (!json) break
      reader.read(json, record)
      if (filter && !filter.admits(json, record, reader.values[cursorIndex] ?? -1)) continue
      if (rows === 0) signal.throwIfAborted()
      take(json)
      if (rows === batchRows) yield build(false)
    }
    json?.release()
    if (rows > 0 && sourceBytes >= batchBytes) yield build(false)
  }
  // Records come in any order: only after the last one is it known where to go on.
  if (rows > 0 || filter) yield build(true)
}
