import type { Client } from 'pg'
import type { Fault } from '../../errors.ts'
import { withClient } from '../postgres/connection.ts'
import { quoted } from '../postgres/identifier.ts'
import type { PostgresConfig } from './config.ts'
import { beginWriting, connect } from './connection.ts'
import { postgresFailure } from './failure.ts'
import { legalName } from './identifier.ts'
import { ensureSchema } from './table.ts'

/** Logs in, and makes a table as a sync would, in a transaction that is rolled back. */
export const check = async (config: PostgresConfig, signal: AbortSignal): Promise<readonly Fault[]> => {
  try {
    return await withClient(await connect(config, signal), signal, async (client) => [
      ...(await schemaFaults(client, config)),
      ...(await temporaryFaults(client, config)),
    ])
  } catch (error) {
    signal.throwIfAborted()
    return [postgresFailure(error, config).fault]
  }
}

const schemaFaults = async (client: Client, config: PostgresConfig): Promise<readonly Fault[]> => {
  const schema = legalName(config.schema)
  try {
    await client.query(beginWriting)
    await ensureSchema(client, schema)
    await client.query(`CREATE TABLE ${quoted(schema)}."_airbyte_check" (a integer)`)
    return []
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string }
    // A table of that name is proof enough that tables can be made.
    if (code === '42P07') return []
    if (code !== '42501') throw error
    return [
      {
        pointer: '/schema',
        message: `schema is "${config.schema}": "${config.username}" may not make tables there (${message}); GRANT CREATE, USAGE ON SCHEMA, or CREATE ON DATABASE where the schema does not exist`,
      },
    ]
  } finally {
    await client.query('ROLLBACK')
  }
}

const temporaryFaults = async (client: Client, config: PostgresConfig): Promise<readonly Fault[]> => {
  const { rows } = await client.query<{ ok: boolean }>(
    `SELECT has_database_privilege(current_database(), 'TEMPORARY') AS ok`,
  )
  if (rows[0]?.ok) return []
  const message = `username is "${config.username}": it may not make temporary tables, which append_dedup needs; GRANT TEMPORARY ON DATABASE ${quoted(config.database)}`
  return [{ pointer: '/username', message }]
}
