import type { Client } from 'pg'
import { connectSession } from '../postgres/connection.ts'
import type { PostgresConfig } from './config.ts'

/** A server's own limits must not end a long load that the user asked for; a table that stays locked does. */
const sql = `
  SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '60s';
  SET TimeZone = 'UTC'; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET client_min_messages = warning;
  SET search_path = pg_catalog`

/** See connectSession. */
export const connect = (config: PostgresConfig, signal: AbortSignal): Promise<Client> =>
  connectSession(config, { sql }, signal)
