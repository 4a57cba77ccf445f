import type { Connection } from 'mysql2'
import type { ConfiguredStream } from '../connector.ts'
import { type CursorRows, countInTime, cursorWarnings, questionMs } from '../cursor-warnings.ts'
import type { MysqlConfig } from './config.ts'
import { query, withConnection } from './connection.ts'
import { mysqlError } from './failure.ts'
import { countWithout } from './select.ts'
import { cursorOf, readTable } from './stream-table.ts'

/** ER_QUERY_TIMEOUT of MySQL, ER_STATEMENT_TIMEOUT of MariaDB. */
const timeouts = [3024, 1969]

/** See Source.warnings. */
export const warnings = async (
  config: MysqlConfig,
  streams: readonly ConfiguredStream[],
  signal: AbortSignal,
): Promise<readonly string[]> =>
  withConnection(config, signal, (connection) =>
    cursorWarnings(streams, async (stream) => {
      try {
        return await cursorRows(connection, config, stream)
      } catch (error) {
        throw mysqlError(error, config, `looking at "${stream.name}"`)
      }
    }),
  )

const cursorRows = async (
  connection: Connection,
  config: MysqlConfig,
  stream: ConfiguredStream,
): Promise<CursorRows> => {
  const { database, table } = await readTable(connection, config, stream)
  const { column } = cursorOf(table, stream)
  if (!column.nullable) return { rows: 0, values: '' }
  const count = async (limit: number) => {
    const [row] = await query(connection, countWithout(database, table.name, column.name, limit, questionMs))
    return Number(row?.c0)
  }
  const isTimeout = (error: unknown) => timeouts.includes(Number((error as { errno?: number }).errno))
  return { rows: await countInTime(count, isTimeout), values: 'NULL' }
}
