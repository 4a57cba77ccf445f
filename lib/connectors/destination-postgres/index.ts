import type { Client } from 'pg'
import type { Destination, OpenDestination } from '../connector.ts'
import { close, drop } from '../postgres/connection.ts'
import { check } from './check.ts'
import { type PostgresConfig, parseConfig } from './config.ts'
import { connect } from './connection.ts'
import { postgresError } from './failure.ts'
import { connectionSpecification } from './spec.ts'
import { openStreamWriter } from './stream-writer.ts'

/** Typed tables in PostgreSQL 10 or newer. */
export const destinationPostgres: Destination<PostgresConfig> = {
  kind: 'destination',
  name: 'destination-postgres',
  definitionId: '25c5221d-dce2-4163-ade9-739ef790f503',
  title: 'Postgres',
  documentationUrl: 'https://docs.airbyte.com/integrations/destinations/postgres',
  connectionSpecification,
  supportedDestinationSyncModes: ['append', 'overwrite', 'append_dedup'],
  parseConfig,
  preload: () => import('pg'),
  check,
  open,
}

/** A connection per stream that is being written, used again by the next one. */
async function open(config: PostgresConfig, signal: AbortSignal): Promise<OpenDestination> {
  const connecting = async (connectSignal: AbortSignal): Promise<Client> => {
    try {
      return await connect(config, connectSignal)
    } catch (error) {
      connectSignal.throwIfAborted()
      throw postgresError(error, config, 'connecting')
    }
  }
  let idle: Client | undefined = await connecting(signal)
  const release = (client: Client, isClean: boolean) => {
    if (isClean && !idle) idle = client
    else drop(client)
  }
  return {
    async openStream(target, streamSignal) {
      const client = idle ?? (await connecting(streamSignal))
      idle = undefined
      return await openStreamWriter(client, release, config, target, streamSignal)
    },
    async [Symbol.asyncDispose]() {
      if (idle) await close(idle, config)
      idle = undefined
    },
  }
}
