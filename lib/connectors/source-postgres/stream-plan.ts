import { IngestionError } from '../../errors.ts'
import type { Field } from '../columns/column.ts'
import type { ConfiguredStream } from '../connector.ts'
import { quoted } from '../postgres/identifier.ts'
import type { Table } from './catalog.ts'
import { type Mapping, mapColumn } from './type-mapping.ts'

export interface PlannedColumn {
  readonly field: Field
  readonly mapping: Mapping
}

export interface PlannedCursor {
  readonly name: string
  readonly mapping: Mapping
  /** What its values mean, and their order: a position in another kind says nothing. */
  readonly kind: string
  /** Where its value stands in a row: among the columns, or behind them when it is not one of those wanted. */
  readonly index: number
  readonly indexed: boolean
  readonly notNull: boolean
}

/** What to ask for and how to read it; fixed before the first row. */
export interface StreamPlan {
  /** Quoted, with its schema. */
  readonly from: string
  readonly selectList: string
  /** The same for rows that travel undecoded; undefined when they cannot. */
  readonly copyList: string | undefined
  readonly columns: readonly PlannedColumn[]
  /** For an incremental stream. */
  readonly cursor: PlannedCursor | undefined
}

/** Throws connector_config when the stream names columns that the table does not have, or a cursor that has no order. */
export const planStream = (table: Table, stream: ConfiguredStream): StreamPlan => {
  refuseUnknown(table, stream, 'fields', stream.fields ?? [])
  refuseUnknown(table, stream, 'asText', stream.asText ?? [])
  const wanted = stream.fields ? new Set(stream.fields) : undefined
  const columns = table.columns
    .filter((column) => wanted?.has(column.name) ?? true)
    .map((column) => {
      const mapping = mapColumn(column, stream.asText?.includes(column.name))
      const field: Field = { name: column.name, type: mapping.type, nullable: !column.notNull || mapping.lossy }
      return { field, mapping }
    })
  const cursor = stream.syncMode === 'incremental' ? planCursor(table, stream, columns) : undefined
  const selected = columns.map(({ field, mapping }) => mapping.select(quoted(field.name)))
  if (cursor && cursor.index === columns.length) selected.push(cursor.mapping.select(quoted(cursor.name)))
  const copied = cursor ? [] : columns.map(({ field, mapping }) => mapping.copy?.(quoted(field.name)))
  const copyList = cursor || copied.includes(undefined) ? undefined : copied.join(', ')
  return {
    from: `${quoted(table.schema)}.${quoted(table.name)}`,
    selectList: selected.join(', '),
    copyList,
    columns,
    cursor,
  }
}

/** Types that a column may change between, and keep its values and their order. */
const cursorKinds: Readonly<Record<string, string>> = {
  ...{ int2: 'integer', int4: 'integer', int8: 'integer', oid: 'integer' },
  ...{ float4: 'float', float8: 'float' },
  ...{ text: 'text', varchar: 'text', bpchar: 'text' },
}

const planCursor = (table: Table, stream: ConfiguredStream, columns: readonly PlannedColumn[]): PlannedCursor => {
  const name = stream.cursorField[0]
  const where = `Stream ${table.schema}.${table.name}`
  if (name === undefined || stream.cursorField.length !== 1) {
    throw new IngestionError(
      'connector_config',
      `${where} is incremental: give cursorField, the one column that grows with every change`,
    )
  }
  const column = table.columns.find((candidate) => candidate.name === name)
  if (!column)
    throw new IngestionError('connector_config', `${where}: the cursor "${name}" is not a column of it; choose another`)
  const mapping = mapColumn(column)
  if (!mapping.cursorType) {
    throw new IngestionError(
      'connector_config',
      `${where}: the cursor "${name}" is of type ${column.typeName}, which does not serve as one; choose a number, date, time or text column`,
    )
  }
  // As a column it may be wanted as text, which loses its order: then its own form is read behind the others.
  const index = columns.findIndex(({ field }) => field.name === name && !stream.asText?.includes(name))
  return {
    ...{ name, mapping, index: index < 0 ? columns.length : index },
    kind: cursorKinds[column.typeName] ?? column.typeName,
    indexed: table.indexed.includes(name),
    notNull: column.notNull,
  }
}

const refuseUnknown = (table: Table, stream: ConfiguredStream, what: string, names: readonly string[]): void => {
  const missing = names.filter((name) => !table.columns.some((column) => column.name === name))
  if (missing.length === 0) return
  const list = missing.map((name) => `"${name}"`).join(', ')
  const message = `Stream ${table.schema}.${stream.name} has no column ${list} (${what}), or the role may not read it; refresh the schema of the connection`
  throw new IngestionError('connector_config', message)
}
