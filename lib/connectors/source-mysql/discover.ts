import { jsonSchemaOf } from '../columns/json-schema.ts'
import type { Stream } from '../connector.ts'
import type { MysqlConfig } from './config.ts'
import { withConnection } from './connection.ts'
import { mysqlError } from './failure.ts'
import { readTables, type Table } from './table.ts'
import { mapColumn } from './type-mapping.ts'

/** Tables and views of the configured database, in name order. */
export const discover = async (config: MysqlConfig, signal: AbortSignal): Promise<readonly Stream[]> => {
  try {
    const tables = await withConnection(config, signal, (connection) => readTables(connection, config.database))
    return tables.map((table) => streamOf(config.database, table))
  } catch (error) {
    signal.throwIfAborted()
    throw mysqlError(error, config, 'reading the schema')
  }
}

const streamOf = (namespace: string, table: Table): Stream => {
  const columns = table.columns.map((column) => mapColumn(column))
  const properties = columns.map(({ field }) => [field.name, jsonSchemaOf(field.type)] as const)
  return {
    name: table.name,
    namespace,
    jsonSchema: { type: 'object', properties: Object.fromEntries(properties) },
    supportedSyncModes: columns.some(({ cursor }) => cursor) ? ['full_refresh', 'incremental'] : ['full_refresh'],
    sourceDefinedCursor: false,
    defaultCursorField: [],
    sourceDefinedPrimaryKey: table.primaryKey.map((name) => [name]),
  }
}
