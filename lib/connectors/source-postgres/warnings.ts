import type { Client } from 'pg'
import type { ConfiguredStream } from '../connector.ts'
import { type CursorRows, countInTime, cursorWarnings, questionMs } from '../cursor-warnings.ts'
import { withClient } from '../postgres/connection.ts'
import { readTable } from './catalog.ts'
import type { PostgresConfig } from './config.ts'
import { connect } from './connection.ts'
import { countOutside, outsideValues } from './cursor-query.ts'
import { planStream } from './stream-plan.ts'

const queryCanceled = '57014'

/** See Source.warnings. */
export const warnings = async (
  config: PostgresConfig,
  streams: readonly ConfiguredStream[],
  signal: AbortSignal,
): Promise<readonly string[]> =>
  await withClient(await connect(config, signal), signal, async (client) => {
    await client.query(`SET LOCAL statement_timeout = ${questionMs}`)
    return await cursorWarnings(streams, (stream) => cursorRows(client, config, stream))
  })

const cursorRows = async (client: Client, config: PostgresConfig, stream: ConfiguredStream): Promise<CursorRows> => {
  const plan = planStream(await readTable(client, config, stream), stream)
  const values = plan.cursor && outsideValues(plan.cursor)
  if (!plan.cursor || !values) return { rows: 0, values: '' }
  const { cursor } = plan
  const count = async (limit: number) => {
    await client.query('SAVEPOINT question')
    return (await client.query<{ rows: number }>(countOutside(plan, cursor, limit))).rows[0]?.rows ?? 0
  }
  const rows = await countInTime(count, (error) => (error as { code?: string }).code === queryCanceled)
  await client.query('ROLLBACK TO SAVEPOINT question')
  return { rows, values }
}
