import { randomUUID } from 'node:crypto'
import type { S3Client } from '@aws-sdk/client-s3'
import { IngestionError } from '../../errors.ts'
import type { Field } from '../columns/column.ts'
import type { Batch, Committed, StreamTarget, StreamWriter, ValueChange } from '../connector.ts'
import type { Sink } from '../parquet/parquet-writer.ts'
import { unrecordedChange } from '../unrecorded-change.ts'
import { withoutJson } from './cell-text.ts'
import type { S3Config } from './config.ts'
import { type DataObject, extensionOf, objectFactory } from './data-object.ts'
import { s3Error } from './failure.ts'
import type { Leftovers } from './leftovers.ts'
import { metadataColumns, metadataFields } from './metadata-columns.ts'
import { type ObjectPaths, objectPaths } from './object-path.ts'
import { ObjectUpload, type PartBuffers } from './object-upload.ts'
import { deleteKeys, listKeys } from './stored-objects.ts'

/** A new object begins after this many bytes, as Airbyte's destination does: readers like them neither small nor huge. */
const objectBytes = 200 << 20

/** What the streams of a sync share. They are written one after the other. */
export interface OpenStore {
  readonly client: S3Client
  readonly config: S3Config
  readonly buffers: PartBuffers
  readonly leftovers: Leftovers
}

export const openStreamWriter = async (
  store: OpenStore,
  target: StreamTarget,
  signal: AbortSignal,
): Promise<StreamWriter> => {
  const { config } = store
  const { namespace, name, sync } = target
  const { path, pathFormat, fileNamePattern } = config
  const overwrite = target.stream.destinationSyncMode === 'overwrite'
  if (overwrite && !pathFormat.toUpperCase().includes('{STREAM_NAME}')) {
    const message = `s3_path_format is "${pathFormat}": overwrite needs \${STREAM_NAME} in it, to tell the objects of a stream from those of others`
    throw new IngestionError('connector_config', message, { errors: [{ pointer: '/s3_path_format', message }] })
  }
  // A file without any column is no Parquet file that readers take.
  const withMetadata = config.metadataColumns || target.fields.length === 0
  const columns = { metadata: withMetadata ? metadataFields : [], data: target.fields }
  const isFlat = config.format.kind === 'parquet' || config.format.flatten
  if (isFlat) refuseTwins(target, [...columns.metadata, ...columns.data])
  const openedAt = new Date()
  const extension = extensionOf(config.format)
  const naming = { path, pathFormat, fileNamePattern, extension, namespace, name, sync, openedAt, uuid: randomUUID() }
  const paths = objectPaths(naming)
  await store.leftovers.remove(paths.isOfConnection, signal)
  const begin = await objectFactory(config.format, columns)
  return new S3StreamWriter({ ...store, target, paths, begin, signal, overwrite, withMetadata })
}

interface Setup extends OpenStore {
  readonly target: StreamTarget
  readonly paths: ObjectPaths
  readonly begin: (sink: Sink) => DataObject
  readonly signal: AbortSignal
  readonly overwrite: boolean
  readonly withMetadata: boolean
}

interface OpenObject {
  readonly data: DataObject
  readonly upload: ObjectUpload
}

/**
 * Objects are uploaded while they are written and made visible only at a checkpoint (append) or at the end (overwrite),
 * so that what a failed attempt wrote is never seen.
 */
class S3StreamWriter implements StreamWriter {
  readonly #setup: Setup
  #open: OpenObject | undefined
  /** Written to their end, not visible yet. */
  readonly #sealed: ObjectUpload[] = []
  /** Keys that a commit has made visible, or has tried to, until it has come to its end: what it did not is sent again. */
  #half: string[] = []
  #objects = 0
  #rows = 0
  #committed: Committed = { rows: 0, bytes: 0 }

  constructor(setup: Setup) {
    this.#setup = setup
  }

  async write(read: Batch): Promise<readonly ValueChange[]> {
    if (read.rows === 0) return []
    const { target, withMetadata } = this.#setup
    const own = this.#ownChanges(read)
    const batch = own.length > 0 ? { ...read, changes: [...(read.changes ?? []), ...own] } : read
    const change = withMetadata ? undefined : batch.changes?.[0]
    if (change) {
      const why = 'has no place in an object of this format'
      throw unrecordedChange(target, batch, change, why, 'format.metadata_columns')
    }
    await this.#trying('writing', async () => {
      this.#open ??= this.#begin()
      const metadata = withMetadata ? metadataColumns(batch, target.sync, new Date()) : []
      await this.#open.data.write(batch.rows, [...metadata, ...batch.columns])
      this.#rows += batch.rows
      if (this.#open.data.bytes >= objectBytes) await this.#seal()
    })
    return own
  }

  async checkpoint(): Promise<Committed> {
    return this.#setup.overwrite ? this.#committed : await this.#commit()
  }

  async finish(): Promise<Committed> {
    const committed = await this.#commit()
    if (this.#setup.overwrite) await this.#trying('removing the replaced objects', () => this.#removeReplaced())
    return committed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const unfinished = [...this.#sealed.splice(0), ...(this.#open ? [this.#open.upload] : [])]
    this.#open = undefined
    const { client, config } = this.#setup
    // A store that is gone cannot be tidied; the next sync of the connection removes what is left.
    await Promise.allSettled([
      ...unfinished.map((upload) => upload.abort()),
      deleteKeys(client, config.bucket, this.#half, AbortSignal.timeout(10_000)),
    ])
  }

  /** NaN and the infinities have no place in JSON, which lists are written as in a CSV too. */
  #ownChanges(batch: Batch): readonly ValueChange[] {
    const { format } = this.#setup.config
    const isJson = format.kind === 'jsonl' || (format.kind === 'csv' && !format.flatten && this.#setup.withMetadata)
    return format.kind === 'parquet' ? [] : withoutJson(this.#setup.target.fields, batch, !isJson)
  }

  #begin(): OpenObject {
    const { client, config, buffers, target, paths, begin, signal } = this.#setup
    const metadata = { 'ab-generation-id': String(target.sync.generationId) }
    const destination = { client, bucket: config.bucket, key: paths.key(this.#objects++), metadata }
    const upload = new ObjectUpload(destination, buffers, signal)
    return { upload, data: begin(upload.write) }
  }

  async #seal(): Promise<void> {
    const open = this.#open
    if (!open) return
    await open.data.finish()
    await open.upload.seal()
    this.#open = undefined
    this.#sealed.push(open.upload)
  }

  async #commit(): Promise<Committed> {
    return await this.#trying('completing an object', async () => {
      await this.#seal()
      let { bytes } = this.#committed
      while (this.#sealed[0]) {
        this.#half.push(this.#sealed[0].key)
        await this.#sealed[0].complete()
        bytes += this.#sealed[0].bytes
        this.#sealed.shift()
      }
      this.#half = []
      this.#committed = { rows: this.#rows, bytes }
      return this.#committed
    })
  }

  async #removeReplaced(): Promise<void> {
    const { client, config, paths, signal } = this.#setup
    const replaced = (key: string) => paths.isOfStream(key) && !paths.isOfAttempt(key)
    const keys = await listKeys(client, config.bucket, paths.prefix, replaced, signal)
    await deleteKeys(client, config.bucket, keys, signal)
  }

  async #trying<T>(doing: string, work: () => Promise<T>): Promise<T> {
    const { config, target, signal } = this.#setup
    try {
      signal.throwIfAborted()
      return await work()
    } catch (error) {
      throw signal.aborted ? signal.reason : s3Error(error, config, `${doing} for stream ${target.name}`)
    }
  }
}

const refuseTwins = (target: StreamTarget, fields: readonly Field[]): void => {
  const seen = new Set<string>()
  for (const { name } of fields) {
    if (seen.has(name)) {
      const message = `Stream ${target.name} has a column "${name}", which is also a metadata column: leave it out, or set format.metadata_columns to false`
      throw new IngestionError('connector_config', message)
    }
    seen.add(name)
  }
}
