import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import { IngestionError } from '../../errors.ts'
import type { StreamTarget } from '../connector.ts'
import { quoted } from '../postgres/identifier.ts'
import { postgresType } from '../postgres/type-name.ts'
import { fitColumn } from './column-type.ts'
import type { PostgresConfig } from './config.ts'
import { readExisting } from './existing-table.ts'
import { columnNames, legalName } from './identifier.ts'
import { storedType } from './list-json.ts'
import { metadataColumns, metadataNames } from './row-metadata.ts'

/** More than Postgres allows in a table. */
const maxColumns = 1_600

/** Where a stream goes: its table, and its columns in the order in which rows carry them, metadata first. */
export interface Table {
  readonly schema: string
  readonly name: string
  /** Schema and name, quoted. */
  readonly sql: string
  readonly metadata: readonly TableColumn[]
  /** One for each field of the stream, in its order. */
  readonly columns: readonly TableColumn[]
}

export interface TableColumn {
  readonly name: string
  /** As format_type() writes it. */
  readonly type: string
}

/** The table as it would be made new. */
export const tableOf = (config: PostgresConfig, target: StreamTarget): Table => {
  const schema = legalName(target.namespace ?? config.schema)
  const name = legalName(target.name)
  const metadata = config.metadataColumns
    ? metadataColumns.map((column) => ({ name: column.name, type: column.type }))
    : []
  const names = columnNames(
    target.fields.map((field) => field.name),
    config.metadataColumns ? metadataNames : [],
  )
  if (names.length + metadata.length > maxColumns) {
    const message = `Stream ${target.name} has ${names.length} columns: a Postgres table holds ${maxColumns - metadata.length} beside the metadata columns; select fewer`
    throw new IngestionError('connector_config', message)
  }
  const columns = target.fields.map((field, index) => ({
    name: names[index] as string,
    type: postgresType(field.type),
  }))
  return { schema, name, sql: `${quoted(schema)}.${quoted(name)}`, metadata, columns }
}

export const createTable = (table: Table, sql: string, kind: 'TABLE' | 'TEMP TABLE' = 'TABLE'): string => {
  const metadata = table.metadata.map(({ name, type }) => `${quoted(name)} ${type} NOT NULL`)
  const columns = table.columns.map(({ name, type }) => `${quoted(name)} ${type}`)
  return `CREATE ${kind} ${sql} (${[...metadata, ...columns].join(', ')})${kind === 'TEMP TABLE' ? ' ON COMMIT DROP' : ''}`
}

export const ensureSchema = async (client: Client, schema: string): Promise<void> => {
  // CREATE … IF NOT EXISTS asks for the right to create even where there is nothing to create.
  const { rowCount } = await client.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])
  if (rowCount !== 0) return
  await awaitOthers(client, schema)
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`)
}

/** Waits for other syncs that make, merge into or replace the same; they then wait for the end of this transaction. */
export const awaitOthers = async (client: Client, ...name: readonly string[]): Promise<void> => {
  const key = createHash('sha256')
    .update(`airbyte-ingestion\0${name.join('\0')}`)
    .digest()
    .readBigInt64BE()
  await client.query('SELECT pg_advisory_xact_lock($1::bigint)', [String(key)])
}

/** Makes the schema, and refuses what no table can replace, before anything is loaded. */
export const ensureReplaceable = async (client: Client, table: Table, target: StreamTarget): Promise<void> => {
  await ensureSchema(client, table.schema)
  const found = await readExisting(client, table, target)
  if (!found || found.isReplaceable) return
  const message = `Stream ${target.name}: the role may not replace the rows of ${table.sql}; make it the table's owner, or GRANT INSERT, TRUNCATE on it`
  throw new IngestionError('connector_config', message, { errors: [{ pointer: '/username', message }] })
}

/**
 * Makes the table, or adds what it lacks and widens what is too narrow; the answer has the types that it then has.
 * A column of a type that the values do not fit is refused. Run in a transaction.
 */
export const ensureTable = async (client: Client, table: Table, target: StreamTarget): Promise<Table> => {
  await ensureSchema(client, table.schema)
  await awaitOthers(client, table.schema, table.name)
  const found = await readExisting(client, table, target)
  if (!found) {
    await client.query(createTable(table, table.sql))
    return table
  }
  const existing = found.columns
  const changes: string[] = []
  const metadata = table.metadata.map((column, index) => {
    const found = existing.get(column.name)
    if (found === undefined) {
      changes.push(`ADD COLUMN ${quoted(column.name)} ${column.type}`)
      return column
    }
    const fits: readonly string[] = metadataColumns[index]?.fits ?? []
    if (!fits.includes(found)) throw conflict(table, column.name, found, column.type)
    return { name: column.name, type: found }
  })
  const columns = table.columns.map((column, index) => {
    const found = existing.get(column.name)
    const field = target.fields[index]
    if (found === undefined || !field) {
      changes.push(`ADD COLUMN ${quoted(column.name)} ${column.type}`)
      return column
    }
    const fit = fitColumn(storedType(field.type), found)
    if (!fit) throw conflict(table, column.name, found, column.type)
    if ('use' in fit) return { name: column.name, type: fit.use }
    changes.push(`ALTER COLUMN ${quoted(column.name)} TYPE ${fit.widen}`)
    return { name: column.name, type: fit.widen }
  })
  if (changes.length > 0) await client.query(`ALTER TABLE ${table.sql} ${changes.join(', ')}`)
  return { ...table, metadata, columns }
}

export const columnList = (table: Table): string =>
  [...table.metadata, ...table.columns].map(({ name }) => quoted(name)).join(', ')

/** As COPY and INSERT take it: nothing for a table without columns. */
export const columnsInBrackets = (table: Table): string => {
  const list = columnList(table)
  return list === '' ? '' : `(${list})`
}

const conflict = (table: Table, column: string, existing: string, wanted: string): IngestionError =>
  new IngestionError(
    'connector_config',
    `Table ${table.schema}.${table.name}, column "${column}" is ${existing}, and the source now sends ${wanted}, which does not fit without loss: rename or alter the column, or sync the stream once with overwrite`,
  )
