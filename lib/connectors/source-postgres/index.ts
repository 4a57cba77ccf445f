import type { DatabaseSession, OpenSource, Source } from '../connector.ts'
import { close, reasonOf } from '../postgres/connection.ts'
import { serverIdentity } from '../postgres/server-identity.ts'
import { readTable } from './catalog.ts'
import { check } from './check.ts'
import { type PostgresConfig, parseConfig } from './config.ts'
import { connect } from './connection.ts'
import { discover } from './discover.ts'
import { postgresError } from './failure.ts'
import { readCopy, readFull, readIncremental } from './read.ts'
import { refuseChanged } from './snapshot.ts'
import { connectionSpecification } from './spec.ts'
import { planStream } from './stream-plan.ts'
import { warnings } from './warnings.ts'

/** Tables and views of PostgreSQL 10 or newer. */
export const sourcePostgres: Source<PostgresConfig> = {
  kind: 'source',
  name: 'source-postgres',
  definitionId: 'decd338e-5647-4c0b-adf4-da0e75f5a750',
  title: 'Postgres',
  documentationUrl: 'https://docs.airbyte.com/integrations/sources/postgres',
  connectionSpecification,
  parseConfig,
  preload: () => import('pg'),
  check,
  warnings,
  discover,
  open,
}

/** One connection, one transaction, one snapshot for all streams. */
async function open(config: PostgresConfig, signal: AbortSignal): Promise<OpenSource> {
  const connected = async () => {
    const client = await connect(config, signal)
    const { rows } = await client.query<DatabaseSession>(`SELECT pg_backend_pid() AS pid, ${serverIdentity} AS server`)
    return { client, session: rows[0] }
  }
  const { client, session } = await connected().catch((error: unknown) => {
    signal.throwIfAborted()
    throw postgresError(error, config, 'connecting')
  })
  return {
    async read(stream, state, readSignal) {
      readSignal.throwIfAborted()
      const failed = (error: unknown): never => {
        readSignal.throwIfAborted()
        throw postgresError(reasonOf(client, error), config, `reading ${stream.name}`)
      }
      const table = await readTable(client, config, stream).catch(failed)
      const plan = planStream(table, stream)
      // Locks the table, or all that a view reads, before a destination in the same database looks for locks.
      await client.query(`SELECT FROM ${plan.from} LIMIT 0`).catch(failed)
      await refuseChanged(client, [table.schema], table.name).catch(failed)
      const context = { client, config, stream: stream.name, signal: readSignal }
      const batches = plan.cursor ? readIncremental(context, plan, plan.cursor, state) : readFull(context, plan)
      const fields = plan.columns.map((column) => column.field)
      const read = { fields, batches, ...(session ? { session } : {}) }
      if (plan.copyList === undefined) return read
      return { ...read, copy: readCopy(context, plan.from, plan.copyList) }
    },
    async [Symbol.asyncDispose]() {
      await close(client, config)
    },
  }
}
