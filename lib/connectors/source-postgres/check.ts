import type { Client } from 'pg'
import type { Fault } from '../../errors.ts'
import { withClient } from '../postgres/connection.ts'
import { readTables } from './catalog.ts'
import type { PostgresConfig } from './config.ts'
import { connect } from './connection.ts'
import { postgresFailure } from './failure.ts'

/** Logs in, and looks whether the schemas exist and hold anything that the role may read. */
export const check = async (config: PostgresConfig, signal: AbortSignal): Promise<readonly Fault[]> => {
  try {
    return await withClient(await connect(config, signal), signal, (client) => schemaFaults(client, config))
  } catch (error) {
    signal.throwIfAborted()
    return [postgresFailure(error, config).fault]
  }
}

const schemaFaults = async (client: Client, config: PostgresConfig): Promise<Fault[]> => {
  const { rows } = await client.query<{ name: string; usable: boolean }>(
    `SELECT nspname AS name, has_schema_privilege(oid, 'USAGE') AS usable FROM pg_namespace WHERE nspname = ANY ($1)`,
    [config.schemas],
  )
  const faults = config.schemas.flatMap((schema, index): Fault[] => {
    const found = rows.find((row) => row.name === schema)
    const pointer = `/schemas/${index}`
    if (!found) {
      return [
        {
          pointer,
          message: `schemas has "${schema}": the database "${config.database}" has no such schema (case counts); correct or remove it`,
        },
      ]
    }
    if (found.usable) return []
    return [
      {
        pointer,
        message: `schemas has "${schema}": "${config.username}" may not use it; GRANT USAGE ON SCHEMA "${schema}" TO "${config.username}"`,
      },
    ]
  })
  if (faults.length > 0) return faults
  if ((await readTables(client, config.schemas)).length > 0) return []
  const where = config.schemas.length > 0 ? config.schemas.join(', ') : 'all'
  return [
    {
      pointer: '/schemas',
      message: `schemas is ${where}: "${config.username}" may read no table or view there; create one or GRANT SELECT ON ALL TABLES IN SCHEMA … TO "${config.username}"`,
    },
  ]
}
