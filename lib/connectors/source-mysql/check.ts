import type { Fault } from '../../errors.ts'
import { IngestionError } from '../../errors.ts'
import type { MysqlConfig } from './config.ts'
import { query, withConnection } from './connection.ts'
import { mysqlFailure } from './failure.ts'

/** Connects and looks whether there is anything to read. What lies behind a failed login cannot be seen. */
export const check = async (config: MysqlConfig, signal: AbortSignal): Promise<readonly Fault[]> => {
  try {
    const [row] = await withConnection(config, signal, (connection) =>
      query(connection, 'SELECT COUNT(*) AS readable FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?', [
        config.database,
      ]),
    )
    if (Number(row?.readable) > 0) return []
    const message = `the database "${config.database}" shows no table or view to the user "${config.username}"; create one, or GRANT SELECT`
    return [{ pointer: '/database', message }]
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof IngestionError && error.errors.length > 0) return error.errors
    return [mysqlFailure(error instanceof IngestionError ? error.cause : error, config, 'checking').fault]
  }
}
