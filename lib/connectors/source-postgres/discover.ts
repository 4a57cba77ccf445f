import type { Stream } from '../connector.ts'
import { withClient } from '../postgres/connection.ts'
import { readTables, type Table } from './catalog.ts'
import type { PostgresConfig } from './config.ts'
import { connect } from './connection.ts'
import { postgresError } from './failure.ts'
import { mapColumn } from './type-mapping.ts'

export const discover = async (config: PostgresConfig, signal: AbortSignal): Promise<readonly Stream[]> => {
  try {
    return await withClient(await connect(config, signal), signal, async (client) =>
      (await readTables(client, config.schemas)).map(streamOf),
    )
  } catch (error) {
    signal.throwIfAborted()
    throw postgresError(error, config, 'reading the schema')
  }
}

const streamOf = (table: Table): Stream => {
  const mapped = table.columns.map((column) => ({ name: column.name, mapping: mapColumn(column) }))
  return {
    name: table.name,
    namespace: table.schema,
    jsonSchema: {
      type: 'object',
      properties: Object.fromEntries(mapped.map(({ name, mapping }) => [name, mapping.jsonSchema])),
    },
    supportedSyncModes: mapped.some(({ mapping }) => mapping.cursorType)
      ? ['full_refresh', 'incremental']
      : ['full_refresh'],
    sourceDefinedCursor: false,
    defaultCursorField: [],
    sourceDefinedPrimaryKey: table.primaryKey.map((name) => [name]),
  }
}
