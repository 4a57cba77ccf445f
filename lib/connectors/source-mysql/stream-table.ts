import type { Connection } from 'mysql2'
import { IngestionError } from '../../errors.ts'
import type { ConfiguredStream } from '../connector.ts'
import type { MysqlConfig } from './config.ts'
import { readTables, type Table, type TableColumn } from './table.ts'
import { type MappedColumn, mapColumn } from './type-mapping.ts'

/** The table or view of a stream; throws connector_config when it is not there, or not for this user. */
export const readTable = async (
  connection: Connection,
  config: MysqlConfig,
  stream: ConfiguredStream,
): Promise<{ database: string; table: Table }> => {
  const database = stream.namespace ?? config.database
  const tables = await readTables(connection, database, stream.name)
  // Some servers know no case in names, and keep their own spelling.
  const table = tables.find(({ name }) => name === stream.name) ?? tables[0]
  if (table) return { database, table }
  const message = `MySQL: the database "${database}" has no table or view "${stream.name}" that the user may read; discover the schema again`
  throw new IngestionError('connector_config', message)
}

/** The columns that a stream wants, in the table's order; throws connector_config when it names one that is not there. */
export const columnsOf = (table: Table, { name: stream, fields, asText = [] }: ConfiguredStream): MappedColumn[] => {
  for (const [option, names] of Object.entries({ fields: fields ?? [], asText })) {
    const missing = names.filter((name) => !table.columns.some((column) => column.name === name))
    if (missing.length === 0) continue
    const list = missing.map((name) => `"${name}"`).join(', ')
    const message = `MySQL: "${stream}" has no column ${list} (${option}), or the user may not read it; discover the schema again`
    throw new IngestionError('connector_config', message)
  }
  return table.columns
    .filter(({ name }) => fields?.includes(name) ?? true)
    .map((column) => mapColumn(column, asText.includes(column.name)))
}

export interface StreamCursor {
  readonly field: string
  readonly column: TableColumn
  readonly order: NonNullable<MappedColumn['cursor']>
}

/** The cursor of an incremental stream; throws connector_config when the table has no such column, or it has no order. */
export const cursorOf = (table: Table, stream: ConfiguredStream): StreamCursor => {
  const field = stream.cursorField.join('.')
  const column = table.columns.find(({ name }) => name === field)
  const order = column && mapColumn(column).cursor
  if (order) return { field, column, order }
  const usable = table.columns.filter((candidate) => mapColumn(candidate).cursor).map(({ name }) => name)
  const problem = column ? `has a type (${column.columnType}) that gives no order to read by` : 'does not exist'
  const message = `MySQL: the cursor "${field}" of "${stream.name}" ${problem}; choose one of: ${usable.join(', ') || 'none usable'}`
  throw new IngestionError('connector_config', message)
}
