import type { Client } from 'pg'
import { connectSession } from '../postgres/connection.ts'
import { begin } from '../postgres/transaction.ts'
import { readingSocket } from '../reading-socket.ts'
import type { PostgresConfig } from './config.ts'

/** One snapshot for all that is read, and values as text in one fixed style: 3 more digits are all of a float's, before version 12 too. */
const sql = begin('ISOLATION LEVEL REPEATABLE READ READ ONLY', {
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
})

/** See connectSession; in a transaction that lasts as long as the connection. TLS needs a socket that gives its chunks away. */
export const connect = (config: PostgresConfig, signal: AbortSignal): Promise<Client> =>
  connectSession(config, { sql, plainSocket: readingSocket }, signal)
