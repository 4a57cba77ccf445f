import type { ColumnType, Field } from '../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../lib/connectors/columns/column-builder.ts'
import type { Batch, ConfiguredStream, StreamTarget, ValueChange } from '../../lib/connectors/connector.ts'
import { destinationPostgres } from '../../lib/connectors/destination-postgres/index.ts'

export const field = (name: string, type: ColumnType): Field => ({ name, type, nullable: true })
export const int32 = { kind: 'int32' } as const
export const text = { kind: 'text' } as const

/** A batch of int32 and text columns. */
export const batchOf = (
  rows: readonly (readonly (number | string | null)[])[],
  changes?: readonly ValueChange[],
): Batch => {
  const columns = (rows[0] ?? []).map((_, index) => {
    const builder = new ColumnBuilder(rows.length)
    for (const row of rows) {
      const value = row[index]
      if (value === null || value === undefined) builder.appendNull()
      else if (typeof value === 'number') builder.appendInt32(value)
      else builder.appendText(value)
    }
    return builder.build()
  })
  return { rows: rows.length, sourceBytes: 1, columns, ...(changes ? { changes } : {}) }
}

export interface WriteOptions {
  readonly config?: object
  readonly checkpoints?: boolean
  readonly target?: Partial<StreamTarget>
  readonly signal?: AbortSignal
}

let jobId = 0

/** Writes a stream as the engine would, each call a sync of its own, and answers what the writer told. */
export const writerOf =
  (config: object) =>
  async (stream: ConfiguredStream, fields: readonly Field[], batches: readonly Batch[], more: WriteOptions = {}) => {
    const { signal = new AbortController().signal } = more
    const parsed = destinationPostgres.parseConfig({ ...config, ...more.config })
    await using open = await destinationPostgres.open(parsed, signal)
    const identity = { connectionId: 'c', jobId: ++jobId, attempt: 0, startedAt: new Date(), generationId: 5 }
    const own = { stream, namespace: stream.namespace, name: stream.name, fields, sync: identity }
    await using writer = await open.openStream({ ...own, ...more.target }, signal)
    const leftOut: ValueChange[] = []
    for (const batch of batches) {
      leftOut.push(...(await writer.write(batch)))
      if (more.checkpoints) await writer.checkpoint()
    }
    return { ...(await writer.finish()), jobId: identity.jobId, leftOut }
  }
