import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import { giveBuffer } from '../columns/buffer-pool.ts'
import type { Batch, Committed, CopyRows, StreamTarget, StreamWriter, ValueChange } from '../connector.ts'
import { kill, reasonOf } from '../postgres/connection.ts'
import { quoted } from '../postgres/identifier.ts'
import { postgresType } from '../postgres/type-name.ts'
import { unrecordedChange } from '../unrecorded-change.ts'
import type { PostgresConfig } from './config.ts'
import { beginWriting } from './connection.ts'
import { copyHeader, copyTrailer, encodeRows, prefixRows } from './copy-encoder.ts'
import { CopyIn } from './copy-in.ts'
import { postgresError } from './failure.ts'
import { type StoredField, storedColumn, storedType } from './list-json.ts'
import { createStage, ensureUniqueKey, type Key, keyOf, mergeStage, stageName } from './merge.ts'
import { withoutRefused } from './refused-values.ts'
import { replaceTable } from './replacement.ts'
import { plainRows, rowMetadata } from './row-metadata.ts'
import { columnsInBrackets, createTable, ensureReplaceable, ensureTable, type Table, tableOf } from './table.ts'
import { type ValueWriter, valueWriter } from './value-writer.ts'

/** Gives the connection back when the writer is done with it. */
type Release = (client: Client, isClean: boolean) => void

/** Makes the table ready, except for overwrite, where the old one stays untouched until `finish`. */
export const openStreamWriter = async (
  client: Client,
  release: Release,
  config: PostgresConfig,
  target: StreamTarget,
  signal: AbortSignal,
): Promise<StreamWriter> => {
  const mode = target.stream.destinationSyncMode
  const abort = () => kill(client, config)
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    const wanted = tableOf(config, target)
    await client.query(beginWriting)
    if (mode === 'overwrite') await ensureReplaceable(client, wanted, target)
    const table = mode === 'overwrite' ? wanted : await ensureTable(client, wanted, target)
    const key = mode === 'append_dedup' ? keyOf(table, target) : undefined
    if (key) await ensureUniqueKey(client, table, key)
    await client.query('COMMIT')
    return new PostgresStreamWriter({ client, release, config, target, signal, table, key, mode, abort })
  } catch (error) {
    signal.removeEventListener('abort', abort)
    release(client, false)
    throw signal.aborted
      ? signal.reason
      : postgresError(reasonOf(client, error), config, `preparing the table of stream ${target.name}`)
  }
}

interface Setup {
  readonly client: Client
  readonly release: Release
  readonly config: PostgresConfig
  readonly target: StreamTarget
  readonly signal: AbortSignal
  readonly table: Table
  readonly key: Key | undefined
  readonly mode: StreamTarget['stream']['destinationSyncMode']
  readonly abort: () => void
}

/**
 * All that is not committed lives in one open transaction: rows appended, the table that will replace the old one, or the
 * temporary table of a dedup. A writer that dies leaves nothing behind, wherever it dies.
 *
 * Rows go from columns through COPY BINARY, or come from another Postgres as it wrote them, when types agree.
 */
class PostgresStreamWriter implements StreamWriter {
  readonly writeCopy?: (rows: CopyRows) => Promise<void>
  readonly #setup: Setup
  readonly #fields: readonly StoredField[]
  readonly #writers: readonly ValueWriter[]
  readonly #replacement: string
  #copy: CopyIn | undefined
  #isOpen = false
  #isDone = false
  #rows = 0
  #bytes = 0
  #committed: Committed = { rows: 0, bytes: 0 }

  constructor(setup: Setup) {
    this.#setup = setup
    const { table, target } = setup
    this.#fields = target.fields.map((field) => ({ ...field, type: storedType(field.type) }))
    this.#writers = this.#fields.map((field, index) => valueWriter(field.type, table.columns[index]?.type ?? ''))
    const identity = `${target.sync.connectionId}\0${target.sync.jobId}\0${table.name}`
    this.#replacement = `_airbyte_tmp_${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`
    const agrees = target.fields.every((field, index) => postgresType(field.type) === table.columns[index]?.type)
    if (agrees) this.writeCopy = (rows) => this.#writeCopy(rows)
  }

  async write(batch: Batch): Promise<readonly ValueChange[]> {
    if (batch.rows === 0) return []
    return await this.#trying('writing', async () => {
      const { blocks, refused } = this.#encode(batch)
      await this.#send(blocks, batch.rows)
      return refused
    })
  }

  async #writeCopy(copy: CopyRows): Promise<void> {
    await this.#trying('writing', async () => {
      const { config, target } = this.#setup
      const bytes = Buffer.from(copy.bytes.buffer, copy.bytes.byteOffset, copy.bytes.length)
      if (!config.metadataColumns) return await this.#send([bytes], copy.rows)
      const metadata = rowMetadata(copy.rows, target.fields.length, target.sync, new Date(), [])
      const block = prefixRows(copy, metadata)
      giveBuffer(bytes)
      await this.#send([block], copy.rows)
    })
  }

  async checkpoint(): Promise<Committed> {
    // What replaces the old table is worth nothing before it is whole.
    if (this.#setup.mode === 'overwrite') return this.#committed
    return await this.#trying('committing', () => this.#commit())
  }

  async finish(): Promise<Committed> {
    return await this.#trying('committing', async () => {
      const { client, table, target, config, mode } = this.#setup
      if (mode === 'overwrite') {
        await this.#begin()
        await this.#endCopy()
        await replaceTable(client, { table, target, loaded: this.#replacementSql, dropCascade: config.dropCascade })
      }
      const committed = await this.#commit()
      this.#isDone = true
      return committed
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { client, release, signal, abort } = this.#setup
    signal.removeEventListener('abort', abort)
    release(client, this.#isDone && !signal.aborted)
  }

  #encode(batch: Batch): { blocks: readonly Buffer[]; refused: readonly ValueChange[] } {
    const { table, target, config } = this.#setup
    const refused: ValueChange[] = []
    const columns = target.fields.map((field, index) => {
      const column = batch.columns[index]
      if (!column) throw new Error(`a batch of ${target.name} lacks column ${index}`)
      const stored = storedColumn(field.type, column, batch.rows)
      const type = table.columns[index]?.type ?? ''
      const kept = withoutRefused(this.#fields[index] as StoredField, stored, batch.rows, type)
      refused.push(...kept.refused)
      return kept.column
    })
    const changes = [...(batch.changes ?? []), ...refused]
    if (!config.metadataColumns && changes[0]) {
      throw unrecordedChange(target, batch, changes[0], 'cannot be held by its column', 'metadata_columns')
    }
    const prefix = config.metadataColumns
      ? rowMetadata(batch.rows, columns.length, target.sync, new Date(), changes)
      : plainRows(columns.length)
    const blocks = encodeRows(batch.rows, prefix, columns, this.#writers)
    for (const { values, elements } of [...batch.columns, ...columns]) {
      giveBuffer(values)
      if (elements) giveBuffer(elements.values)
    }
    return { blocks, refused }
  }

  async #begin(): Promise<CopyIn> {
    if (this.#copy) return this.#copy
    const { client, table, mode } = this.#setup
    if (!this.#isOpen) {
      await client.query(beginWriting)
      this.#isOpen = true
      if (mode === 'overwrite') await client.query(createTable(table, this.#replacementSql))
      if (mode === 'append_dedup') await client.query(createStage(table))
    }
    const into = mode === 'append' ? table.sql : mode === 'overwrite' ? this.#replacementSql : `pg_temp.${stageName}`
    // Rows of a table that nobody sees yet need no second look by VACUUM.
    const options = mode === 'overwrite' ? '(FORMAT binary, FREEZE)' : '(FORMAT binary)'
    const copy = new CopyIn(client, `COPY ${into} ${columnsInBrackets(table)} FROM STDIN WITH ${options}`)
    await copy.begin()
    await copy.write([copyHeader])
    this.#copy = copy
    return copy
  }

  /** The blocks go back to the pool. */
  async #send(blocks: readonly Buffer[], rows: number): Promise<void> {
    const copy = await this.#begin()
    await copy.write(blocks)
    for (const block of blocks) {
      this.#bytes += block.length
      giveBuffer(block)
    }
    this.#rows += rows
  }

  async #endCopy(): Promise<void> {
    const copy = this.#copy
    if (!copy) return
    await copy.write([copyTrailer])
    await copy.end()
    this.#copy = undefined
  }

  async #commit(): Promise<Committed> {
    await this.#endCopy()
    if (this.#isOpen) {
      const { client, table, key } = this.#setup
      if (key) await mergeStage(client, table, key)
      await client.query('COMMIT')
      this.#isOpen = false
    }
    this.#committed = { rows: this.#rows, bytes: this.#bytes }
    return this.#committed
  }

  get #replacementSql(): string {
    return `${quoted(this.#setup.table.schema)}.${quoted(this.#replacement)}`
  }

  async #trying<T>(doing: string, work: () => Promise<T>): Promise<T> {
    const { client, config, target, signal } = this.#setup
    try {
      signal.throwIfAborted()
      return await work()
    } catch (error) {
      throw signal.aborted
        ? signal.reason
        : postgresError(reasonOf(client, error), config, `${doing} stream ${target.name}`)
    }
  }
}
