import type { Connection, RowDataPacket } from 'mysql2/promise'
import { startMariaDb } from '../../support/mariadb.ts'
import { eventCount, itemCount, type SourceRow, type SourceServer, type WriterSession } from './source-server.ts'

const tables = `
  CREATE TABLE events (id bigint AUTO_INCREMENT PRIMARY KEY, version int NOT NULL DEFAULT 0,
    payload char(32) NOT NULL, updated_at datetime(6) NOT NULL, KEY (updated_at));
  CREATE TABLE items (id int PRIMARY KEY, version int NOT NULL DEFAULT 0, payload char(32) NOT NULL);
  INSERT INTO items SELECT seq, 0, md5(seq) FROM seq_1_to_${itemCount};
  INSERT INTO events (payload, updated_at) SELECT md5(seq), sysdate(6) FROM seq_1_to_${eventCount};
  ANALYZE TABLE events, items;`

/** A server of its own with the tables. */
export const mariaDbSource = async (lookbackSeconds: number): Promise<SourceServer> => {
  const server = await startMariaDb()
  const { host, port, database, username, password } = server
  const sql = await server.connect()
  // What breaks a query is told by that query.
  sql.on('error', () => undefined)
  await sql.query(`SET time_zone = '+00:00'; ${tables}`)
  return {
    definitionId: '435bb9a5-7887-4809-aa58-28c27df0d7ad',
    configuration: {
      ...{ host, port, database, username, password, lookback_window_seconds: lookbackSeconds },
      replication_method: { method: 'STANDARD' },
    },
    namespace: database,
    rows: async (table) => {
      const time = table === 'events' ? `, date_format(updated_at, '%Y-%m-%d %H:%i:%s.%f') AS updatedAt` : ''
      const [rows] = await sql.query<RowDataPacket[]>(`SELECT id, version, payload${time} FROM ${table}`)
      return rows as SourceRow[]
    },
    session: async () => {
      const connection = await server.connect()
      connection.on('error', () => undefined)
      // Of the rows alone, not of the gaps between them: writers would lock one another out.
      await connection.query(`SET time_zone = '+00:00'; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED`)
      return sessionOf(connection)
    },
    stop: async () => {
      await sql.end().catch(() => undefined)
      await server.stop()
    },
  }
}

const sessionOf = (connection: Connection): WriterSession => ({
  run: async (statement) => void (await connection.query(statement)),
  insertEvents: async (rows) =>
    void (await connection.query(
      `INSERT INTO events (payload, updated_at) SELECT md5(rand()), sysdate(6) FROM seq_1_to_${rows}`,
    )),
  changeEvents: async () => {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT max(id) AS largest FROM events')
    const ids = Array.from({ length: 20 }, () => Math.ceil(Math.random() * Number(rows[0]?.largest)))
    await connection.query(
      'UPDATE events SET version = version + 1, payload = md5(rand()), updated_at = sysdate(6) WHERE id IN (?)',
      [ids],
    )
  },
  changeItems: async (of) =>
    void (await connection.query('UPDATE items SET version = version + 1, payload = md5(rand()) WHERE id % ? = 0', [
      of,
    ])),
  end: () => connection.end(),
})
