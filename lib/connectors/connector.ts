import type { Fault } from '../errors.ts'
import type { Column, Field } from './columns/column.ts'

export type SyncMode = 'full_refresh' | 'incremental'
export type DestinationSyncMode = 'append' | 'overwrite' | 'append_dedup'

/** A stream that a source offers, in Airbyte's words (config API, AirbyteStream). */
export interface Stream {
  name: string
  namespace?: string
  jsonSchema: Readonly<Record<string, unknown>>
  supportedSyncModes: readonly SyncMode[]
  sourceDefinedCursor: boolean
  defaultCursorField: readonly string[]
  sourceDefinedPrimaryKey: readonly (readonly string[])[]
}

/** A stream as the user wants it moved. */
export interface ConfiguredStream {
  name: string
  namespace?: string
  syncMode: SyncMode
  destinationSyncMode: DestinationSyncMode
  cursorField: readonly string[]
  primaryKey: readonly (readonly string[])[]
  /** Only these top-level columns, in the source's order; absent = all. */
  fields?: readonly string[]
  /** Columns to carry as the source's own text: exact where a typed column would have to leave a value out. */
  asText?: readonly string[]
}

/** Where to resume one stream. Opaque to the engine, made and read by the source alone; JSON. */
export type StreamState = Readonly<Record<string, unknown>>

/** Some thousand rows of one stream, as columns in the order of `StreamRead.fields`. */
export interface Batch {
  readonly rows: number
  /** Bytes that the source sent for these rows. */
  readonly sourceBytes: number
  readonly columns: readonly Column[]
  /** Where to resume once this batch and all before it are committed; absent when the source cannot resume here. */
  readonly state?: StreamState
  /** Values that their typed column cannot hold and that are NULL in it; absent when there are none. */
  readonly changes?: readonly ValueChange[]
}

/** One value that was left out, in the words of Airbyte's record metadata. `row` counts from 0 within the batch. */
export interface ValueChange {
  readonly row: number
  readonly field: string
  readonly change: 'NULLED'
  readonly reason: 'SOURCE_SERIALIZATION_ERROR' | 'DESTINATION_SERIALIZATION_ERROR'
  /** The value as the source would write it: for the job's result, never for the log. */
  readonly value: string
}

/** Rows as PostgreSQL's COPY BINARY has them: int16 number of fields, then int32 length and bytes of each. */
export interface CopyRows {
  readonly rows: number
  readonly sourceBytes: number
  /** The writer's from now on, as those of a batch are. */
  readonly bytes: Uint8Array
  /** Where each row ends in `bytes`. */
  readonly ends: Int32Array
}

/** A session of a database server as the server itself tells it, so that a destination there knows who reads. */
export interface DatabaseSession {
  /** Equal for two sessions only when they are in the same database of the same server. */
  readonly server: string
  readonly pid: number
}

/** One stream being read. `fields` holds for every batch. The last batch of an incremental stream has a state, rows or not. */
export interface StreamRead {
  readonly fields: readonly Field[]
  readonly batches: AsyncIterable<Batch>
  /**
   * The same rows undecoded, each value in the binary form of the type that postgres/type-name.ts names for its field: also
   * those that a column of `batches` cannot hold. One of the two is read. Absent when the source has no such form.
   */
  readonly copy?: AsyncIterable<CopyRows>
  /** Who reads, and holds a lock on all that the stream is read from. */
  readonly session?: DatabaseSession
}

/** An open connection to a source. All streams read through it see one snapshot. Disposed by the engine, also after a failure. */
export interface OpenSource extends AsyncDisposable {
  /** Streams are read one after the other. Aborting ends the read within a second and frees the connection. */
  read(stream: ConfiguredStream, state: StreamState | undefined, signal: AbortSignal): Promise<StreamRead>
}

/** What every connector folder exports. `Config` is complete and typed: nothing behind `parseConfig` meets an optional. */
export interface Connector<Config> {
  /** Airbyte's docker repository suffix, equal to the folder. */
  readonly name: string
  readonly definitionId: string
  /** As Airbyte's registry shows it. */
  readonly title: string
  readonly documentationUrl: string
  /** JSON Schema (draft-07) of the configuration, with Airbyte's field names and `airbyte_secret` marks. */
  readonly connectionSpecification: Readonly<Record<string, unknown>>
  /** Untrusted JSON to a complete configuration; throws connector_config with a pointer for each fault. No I/O. */
  parseConfig(json: unknown): Config
  /** Loads the modules that `open` loads, into a process that waits for work anyway. No I/O beyond that. */
  preload?(): Promise<unknown>
  /** Every fault found, each with the value found and the fix; none = works. Never throws for what a user can mend. */
  check(config: Config, signal: AbortSignal): Promise<readonly Fault[]>
}

export interface Source<Config = unknown> extends Connector<Config> {
  readonly kind: 'source'
  /**
   * What a successful check tells of the streams that connections read incrementally with this configuration: what will work
   * and yet surprise, each with its fix. Takes some seconds at most. Absent = nothing to tell.
   */
  warnings?(config: Config, streams: readonly ConfiguredStream[], signal: AbortSignal): Promise<readonly string[]>
  discover(config: Config, signal: AbortSignal): Promise<readonly Stream[]>
  open(config: Config, signal: AbortSignal): Promise<OpenSource>
}

export interface Destination<Config = unknown> extends Connector<Config> {
  readonly kind: 'destination'
  readonly supportedDestinationSyncModes: readonly DestinationSyncMode[]
  open(config: Config, signal: AbortSignal): Promise<OpenDestination>
}

export interface OpenDestination extends AsyncDisposable {
  openStream(target: StreamTarget, signal: AbortSignal): Promise<StreamWriter>
}

/** Where one stream goes and by which sync. `namespace` and `name` are the target's, prefix and namespace rule applied. */
export interface StreamTarget {
  readonly stream: ConfiguredStream
  readonly namespace: string | undefined
  readonly name: string
  readonly fields: readonly Field[]
  readonly sync: SyncIdentity
  /** See StreamRead.session. */
  readonly sourceSession?: DatabaseSession
}

export interface SyncIdentity {
  readonly connectionId: string
  readonly jobId: number
  /** From 0. */
  readonly attempt: number
  readonly startedAt: Date
  /** Counts up at each full refresh or clear; Airbyte's generationId. */
  readonly generationId: number
}

/** Since the writer was opened. */
export interface Committed {
  readonly rows: number
  readonly bytes: number
}

/** Writes one stream. Disposed without `finish`, it removes what is not committed. */
export interface StreamWriter extends AsyncDisposable {
  /**
   * Resolves when the writer can take more: memory stays bounded. The batch's buffers must not be reused by the caller.
   * Answers the values that the target cannot hold and that are NULL there, those of `batch.changes` not among them.
   */
  write(batch: Batch): Promise<readonly ValueChange[]>
  /** As `write`, and every value arrives; absent when the target cannot take values as they come in `StreamRead.copy`. */
  readonly writeCopy?: (rows: CopyRows) => Promise<void>
  /** Makes all that was written durable and, when appending, visible. Only then may the engine save a state. */
  checkpoint(): Promise<Committed>
  /** `checkpoint`, and for overwrite the replacement of the old data, whole or not at all. */
  finish(): Promise<Committed>
}
