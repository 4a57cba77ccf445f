import { randomFillSync } from 'node:crypto'
import type { SyncIdentity } from '../connector.ts'
import type { RowPrefix } from './copy-encoder.ts'
import { epochDays } from './value-writer.ts'

/** Airbyte's metadata columns as destination-postgres declares them, in the order in which a row begins with them. */
export const metadataColumns = [
  { name: '_airbyte_raw_id', type: 'character varying', fits: ['character varying', 'character varying(36)', 'text'] },
  { name: '_airbyte_extracted_at', type: 'timestamp with time zone', fits: ['timestamp with time zone'] },
  { name: '_airbyte_meta', type: 'jsonb', fits: ['jsonb'] },
  { name: '_airbyte_generation_id', type: 'bigint', fits: ['bigint'] },
] as const

export const metadataNames: readonly string[] = metadataColumns.map(({ name }) => name)

/** One value that was left out, in Airbyte's words. */
export interface MetaChange {
  readonly row: number
  readonly field: string
  readonly change: string
  readonly reason: string
}

const idBytes = 36
const idAt = 2 + 4
const hexOf = Array.from({ length: 256 }, (_, byte) => Buffer.from(byte.toString(16).padStart(2, '0')))
const highDigit = Uint8Array.from(hexOf, (digits) => digits[0] as number)
const lowDigit = Uint8Array.from(hexOf, (digits) => digits[1] as number)
const dash = 0x2d

/** What each row of a batch begins with: a copy of one template with an id of its own; rows with changes have their own. */
export const rowMetadata = (
  rows: number,
  fieldCount: number,
  sync: SyncIdentity,
  now: Date,
  changes: readonly MetaChange[],
): RowPrefix => {
  const ids = randomFillSync(Buffer.allocUnsafe(rows * 16))
  const template = templateOf(fieldCount, sync, now, [])
  const own = new Map(
    [...Map.groupBy(changes, (change) => change.row)].map(([row, list]) => [
      row,
      templateOf(fieldCount, sync, now, list),
    ]),
  )
  return {
    bytes: template.length,
    sizeOf: (row) => (own.get(row) ?? template).length,
    write(row, out, at) {
      const bytes = own.size > 0 ? (own.get(row) ?? template) : template
      bytes.copy(out, at)
      writeId(ids, row * 16, out, at + idAt)
      return at + bytes.length
    },
  }
}

/** Without metadata columns a row begins with the number of its fields alone. */
export const plainRows = (fieldCount: number): RowPrefix => ({
  bytes: 2,
  write: (_, out, at) => out.writeInt16BE(fieldCount, at),
})

const templateOf = (fieldCount: number, sync: SyncIdentity, now: Date, changes: readonly MetaChange[]): Buffer => {
  const body = { changes: changes.map(({ field, change, reason }) => ({ field, change, reason })), sync_id: sync.jobId }
  // A change can name a column with a NUL in its name, which jsonb refuses.
  const meta = Buffer.from(JSON.stringify(body).replaceAll('\\u0000', '\\ufffd'), 'utf8')
  const out = Buffer.alloc(2 + 4 + idBytes + 4 + 8 + 4 + 1 + meta.length + 4 + 8)
  let at = out.writeInt16BE(metadataColumns.length + fieldCount, 0)
  at = out.writeInt32BE(idBytes, at) + idBytes
  at = out.writeInt32BE(8, at)
  at = out.writeBigInt64BE((BigInt(now.getTime()) - BigInt(epochDays) * 86_400_000n) * 1_000n, at)
  at = out.writeInt32BE(1 + meta.length, at)
  out[at++] = 1
  at += meta.copy(out, at)
  at = out.writeInt32BE(8, at)
  out.writeBigInt64BE(BigInt(sync.generationId), at)
  return out
}

/** A random (version 4) id in its text form. */
const writeId = (ids: Buffer, from: number, out: Buffer, to: number): void => {
  let at = to
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) out[at++] = dash
    let byte = ids[from + i] as number
    if (i === 6) byte = (byte & 0x0f) | 0x40
    else if (i === 8) byte = (byte & 0x3f) | 0x80
    out[at++] = highDigit[byte] as number
    out[at++] = lowDigit[byte] as number
  }
}
