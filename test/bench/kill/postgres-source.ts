import pg from 'pg'
import type { RunningPostgres } from '../../support/postgres.ts'
import { eventCount, itemCount, type SourceRow, type SourceServer, type WriterSession } from './source-server.ts'

const tables = `
  CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version int NOT NULL DEFAULT 0,
    payload text NOT NULL, updated_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE INDEX ON events (updated_at);
  CREATE TABLE items (id int PRIMARY KEY, version int NOT NULL DEFAULT 0, payload text NOT NULL);
  INSERT INTO items SELECT i, 0, md5(i::text) FROM generate_series(1, ${itemCount}) i;
  INSERT INTO events (payload) SELECT md5(i::text) FROM generate_series(1, ${eventCount}) i;
  ANALYZE;`

const insert = `INSERT INTO events (payload) SELECT md5(random()::text) FROM generate_series(1, $1::int)`
const update = `UPDATE events SET version = version + 1, payload = md5(random()::text), updated_at = clock_timestamp()
  WHERE id IN (SELECT (random() * (SELECT max(id) FROM events))::bigint FROM generate_series(1, 20))`
const updateItems = `UPDATE items SET version = version + 1, payload = md5(random()::text) WHERE id % $1::int = 0`

/** The tables in the server that the copies go to as well, which stops it. */
export const postgresSource = async (server: RunningPostgres, lookbackSeconds: number): Promise<SourceServer> => {
  const { host, port, database, username, password } = server
  const sql = await connected(server)
  await sql.query(tables)
  return {
    definitionId: 'decd338e-5647-4c0b-adf4-da0e75f5a750',
    configuration: { host, port, database, username, password, lookback_window_seconds: lookbackSeconds },
    namespace: 'public',
    rows: (table) => rowsOf(sql, `public.${table}`, table === 'events'),
    session: async () => sessionOf(await connected(server)),
    stop: () => sql.end(),
  }
}

/** A client whose times are UTC. */
export const connected = async ({ host, port, database, username: user, password }: RunningPostgres) => {
  const client = new pg.Client({ host, port, database, user, password, options: '-c timezone=UTC' })
  // What breaks a query is told by that query; what breaks the idle connection, by the next one.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** The rows of a table that is the events or items, or a copy of them. */
export const rowsOf = async (sql: pg.Client, table: string, isTimed: boolean): Promise<SourceRow[]> => {
  const time = isTimed ? `, to_char(updated_at, 'YYYY-MM-DD HH24:MI:SS.US') AS "updatedAt"` : ''
  return (await sql.query<SourceRow>(`SELECT id, version, payload${time} FROM ${table}`)).rows
}

const sessionOf = (client: pg.Client): WriterSession => ({
  run: async (statement) => void (await client.query(statement)),
  insertEvents: async (rows) => void (await client.query(insert, [rows])),
  changeEvents: async () => void (await client.query(update)),
  changeItems: async (of) => void (await client.query(updateItems, [of])),
  end: () => client.end(),
})
