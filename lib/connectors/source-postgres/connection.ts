import { connect as connectSocket } from 'node:net'
import type { Client } from 'pg'
import { connectSession, drop } from '../postgres/connection.ts'
import { readingSocket } from '../reading-socket.ts'
import type { PostgresConfig } from './config.ts'

/** Values are read as text in one fixed style; a server's own limits must not end a long read that the user asked for. */
const sql = `
  SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '60s';
  SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET extra_float_digits = 1;
  SET bytea_output = 'hex'; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on`

/** See connectSession. TLS needs a socket that gives its chunks away. */
export const connect = (config: PostgresConfig, signal: AbortSignal): Promise<Client> =>
  connectSession(config, { sql, plainSocket: readingSocket }, signal)

/** What pg keeps of a connection and its types do not name. */
interface ClientInternals {
  readonly processID: number | null
  readonly secretKey: number | null
}

/**
 * Ends whatever the client is doing, now: asks the server to cancel its query (a separate connection, PostgreSQL
 * protocol, CancelRequest) and drops the connection. The server would else notice only at its next write.
 */
export const kill = (client: Client, config: PostgresConfig): void => {
  const { processID, secretKey } = client as unknown as ClientInternals
  drop(client)
  if (processID === null || secretKey === null) return
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(80877102, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey, 12)
  const socket = connectSocket(config.port, config.host, () => socket.end(request))
  socket.setTimeout(2_000, () => socket.destroy())
  socket.on('error', () => {})
  socket.unref()
}
