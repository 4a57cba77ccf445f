import { IngestionError } from '../../errors.ts'
import type { ColumnType, Field } from '../columns/column.ts'
import { ColumnBuilder } from '../columns/column-builder.ts'
import type { Batch, ConfiguredStream, OpenSource, StreamRead, StreamState, ValueChange } from '../connector.ts'
import { appendValue } from './append-value.ts'
import type { RestConfig } from './config.ts'
import { CursorFilter, parseState, type RestState } from './cursor.ts'
import { SchemaInference } from './infer.ts'
import type { JsonObject } from './json-text.ts'
import { type Page, readPages } from './pages.ts'
import { RestTransport } from './transport.ts'

/** So many records, and at least one page, are read before the columns are fixed. */
const sampleRecords = 1_000
const samplePages = 10
const batchRows = 8_192
const batchBytes = 8 << 20

/** An API keeps nothing open and has no snapshot: what changes while pages are read is seen or not. */
export const open = async (config: RestConfig, signal: AbortSignal): Promise<OpenSource> => {
  signal.throwIfAborted()
  return {
    read: (stream, state, readSignal) => read(config, stream, state, readSignal),
    async [Symbol.asyncDispose]() {},
  }
}

/** The pages that decide about the columns, and all pages, those included. */
export const sample = async (pages: AsyncGenerator<Page>) => {
  const seen: Page[] = []
  const inference = new SchemaInference()
  let records = 0
  while (records < sampleRecords && seen.length < samplePages) {
    const next = await pages.next()
    if (next.done) break
    seen.push(next.value)
    records += next.value.records.length
    for (const record of next.value.records) inference.look(record)
  }
  async function* all(): AsyncGenerator<Page> {
    for (let page = seen.shift(); page; page = seen.shift()) yield page
    yield* pages
  }
  return { fields: inference.fields(), pages: all() }
}

const read = async (
  config: RestConfig,
  stream: ConfiguredStream,
  state: StreamState | undefined,
  signal: AbortSignal,
): Promise<StreamRead> => {
  if (stream.name !== config.streamName) {
    const message = `REST API: there is no stream "${stream.name}"; its name is "${config.streamName}"; discover the schema again`
    throw new IngestionError('connector_config', message)
  }
  const { incremental } = config
  if (stream.syncMode === 'incremental' && !incremental) {
    const message = 'REST API: incremental reading needs to know the parameter to ask with; configure "incremental"'
    throw new IngestionError('connector_config', message, { errors: [{ pointer: '/incremental', message }] })
  }
  const cursor = stream.syncMode === 'incremental' ? incremental : undefined
  const start = cursor && parseState(state, cursor.cursorField)
  const from = start?.cursor ?? cursor?.startValue
  const parameters = cursor && from !== undefined ? { [cursor.queryParameter]: from } : {}
  const transport = new RestTransport(config, signal)
  const { fields: inferred, pages } = await sample(readPages(config, transport, parameters))
  const fields = fieldsOf(stream, inferred, start)
  const filter = cursor && new CursorFilter(cursor.cursorField, start)
  const types = Object.fromEntries(fields.map(({ name, type }) => [name, type]))
  const stateNow = () => (cursor && filter ? { cursorField: cursor.cursorField, ...filter.position, types } : undefined)
  return {
    fields,
    batches: batchesOf({ fields, pages, isWhole: stream.fields === undefined, filter, stateNow, signal }),
  }
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
  for (const name of stream.fields ?? []) {
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
  readonly filter: CursorFilter | undefined
  readonly stateNow: () => StreamState | undefined
  readonly signal: AbortSignal
}

async function* batchesOf({ fields, pages, isWhole, filter, stateNow, signal }: ReadPlan): AsyncGenerator<Batch> {
  const builders = fields.map(() => new ColumnBuilder(batchRows))
  const names = new Set(fields.map(({ name }) => name))
  let changes: ValueChange[] = []
  let rows = 0
  let sourceBytes = 0

  const leaveOut = (field: string, value: unknown) => {
    const text = JSON.stringify(value).slice(0, 100)
    changes.push({ row: rows, field, change: 'NULLED', reason: 'SOURCE_SERIALIZATION_ERROR', value: text })
  }
  const take = (record: JsonObject) => {
    for (const [index, { name, type }] of fields.entries()) {
      const builder = builders[index] as ColumnBuilder
      const value = Object.hasOwn(record, name) ? record[name] : null
      if (value === null || value === undefined) {
        builder.appendNull()
      } else if (!appendValue(type, builder, value)) {
        builder.appendNull()
        leaveOut(name, value)
      }
    }
    // A key that no record of the sample had has no column: recorded, not dropped without a word.
    if (isWhole) for (const name of Object.keys(record)) if (!names.has(name)) leaveOut(name, record[name])
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

  for await (const page of pages) {
    sourceBytes += page.bytes
    for (const record of page.records) {
      if (filter && !filter.admits(record)) continue
      if (rows === 0) signal.throwIfAborted()
      take(record)
      if (rows === batchRows) yield build(false)
    }
    if (rows > 0 && sourceBytes >= batchBytes) yield build(false)
  }
  // Records come in any order: only after the last one is it known where to go on.
  if (rows > 0 || filter) yield build(true)
}
