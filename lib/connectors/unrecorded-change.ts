import { IngestionError } from '../errors.ts'
import { readColumn, type Value } from './columns/column-reader.ts'
import type { Batch, StreamTarget } from './connector.ts'

/** A value that was left out; `row` counts from 0 within the batch. */
interface LeftOut {
  readonly row: number
  readonly field: string
  readonly value: string
}

/**
 * Without metadata columns there is no place to record that a value was left out: never a silently different value.
 * `why` completes "the value …", `option` is the configuration's name for metadata columns.
 */
export const unrecordedChange = (
  target: StreamTarget,
  batch: Batch,
  change: LeftOut,
  why: string,
  option: string,
): IngestionError => {
  const key = target.stream.primaryKey.flatMap((path) => {
    const index = target.fields.findIndex((field) => field.name === path[0])
    const [field, column] = [target.fields[index], batch.columns[index]]
    if (!field || !column) return []
    const value = readColumn(field.type, column, batch.rows).drop(change.row).next().value
    return [`${field.name} = ${shown(value)}`]
  })
  const where = key.length > 0 ? ` (row ${key.join(', ')})` : ''
  const message = `Stream ${target.name}, column ${change.field}${where}: the value ${cut(change.value)} ${why}. Carry the column as text (asText), or switch ${option} on, which writes NULL and records it`
  return new IngestionError('connector_config', message)
}

const shown = (value: Value | undefined): string => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return Array.isArray(value) ? `[${value.map(shown).join(', ')}]` : String(value)
}

/** An array may have a million elements. */
const shownLength = 200

const cut = (text: string): string => (text.length <= shownLength ? text : `${text.slice(0, shownLength)}…`)
