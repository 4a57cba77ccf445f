import type { Client } from 'pg'
import { connectSession } from '../postgres/connection.ts'
import { begin } from '../postgres/transaction.ts'
import type { PostgresConfig } from './config.ts'

/** A slow source lets the connection wait between two transactions. Only servers from version 14 on know this limit. */
const sql = `SELECT set_config('idle_session_timeout', '0', false) WHERE current_setting('idle_session_timeout', true) <> '0'`

/** See connectSession. */
export const connect = (config: PostgresConfig, signal: AbortSignal): Promise<Client> =>
  connectSession(config, { sql }, signal)

/** The search path stays the role's own: triggers of the tables may need it. */
export const beginWriting = begin('', {
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
  client_min_messages: 'warning',
})
