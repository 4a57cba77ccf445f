import { randomFillSync } from 'node:crypto'
import { takeBuffer } from '../columns/buffer-pool.ts'
import type { Column, Field } from '../columns/column.ts'
import type { Batch, SyncIdentity, ValueChange } from '../connector.ts'
import type { ConstantColumn } from '../parquet/parquet-writer.ts'
import { type Cell, jsonText } from './cell-text.ts'

/** Airbyte's metadata columns, in its order, before the columns of the stream. */
export const metadataFields: readonly Field[] = [
  { name: '_airbyte_raw_id', type: { kind: 'uuid' }, nullable: false },
  { name: '_airbyte_extracted_at', type: { kind: 'timestamp', utc: true }, nullable: false },
  { name: '_airbyte_meta', type: { kind: 'json' }, nullable: false },
  { name: '_airbyte_generation_id', type: { kind: 'int64' }, nullable: false },
]

/** The metadata of one batch. Only the ids differ from row to row, and the meta of rows with a changed value. */
export const metadataColumns = (batch: Batch, sync: SyncIdentity, now: Date): readonly (Column | ConstantColumn)[] => [
  { nulls: 0, values: rawIds(batch.rows) },
  { constant: int64(BigInt(now.getTime()) * 1000n) },
  meta(batch, sync.jobId),
  { constant: int64(BigInt(sync.generationId)) },
]

/** A metadata column as JSON, as Airbyte writes it into lines of text: the time in milliseconds since 1970. */
export const metadataText = (field: Field): Cell =>
  field.type.kind === 'timestamp' ? (value) => String((value as bigint) / 1000n) : jsonText(field.type)

/** Random (version 4) ids: one call for all of them. */
const rawIds = (rows: number): Buffer => {
  const ids = randomFillSync(takeBuffer(rows * 16).subarray(0, rows * 16))
  for (let at = 0; at < ids.length; at += 16) {
    ids[at + 6] = ((ids[at + 6] as number) & 0x0f) | 0x40
    ids[at + 8] = ((ids[at + 8] as number) & 0x3f) | 0x80
  }
  return ids
}

const meta = (batch: Batch, syncId: number): Column | ConstantColumn => {
  const plain = metaText(syncId, [])
  if (!batch.changes?.length) return { constant: plain }
  const byRow = Map.groupBy(batch.changes, (change) => change.row)
  const texts = Array.from({ length: batch.rows }, (_, row) => {
    const changes = byRow.get(row)
    return changes ? metaText(syncId, changes) : plain
  })
  return { nulls: 0, values: Buffer.concat(texts) }
}

const metaText = (syncId: number, changes: readonly ValueChange[]): Buffer => {
  const body = { sync_id: syncId, changes: changes.map(({ field, change, reason }) => ({ field, change, reason })) }
  const text = Buffer.from(JSON.stringify(body), 'utf8')
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length, 0)
  return Buffer.concat([length, text])
}

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}
