import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { RunningPostgres } from '../../support/postgres.ts'
import type { SeededRandom } from './random.ts'

/** As many items as there ever are: they change, but none is added or deleted. */
export const itemCount = 3_000

/** Two tables: events grow and change, items only change. Every change raises version and updated_at. */
export const tables = `
  CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version int NOT NULL DEFAULT 0,
    payload text NOT NULL, updated_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE INDEX ON events (updated_at);
  CREATE TABLE items (id int PRIMARY KEY, version int NOT NULL DEFAULT 0, payload text NOT NULL);
  INSERT INTO items SELECT i, 0, md5(i::text) FROM generate_series(1, ${itemCount}) i;
  INSERT INTO events (payload) SELECT md5(i::text) FROM generate_series(1, 20000) i;
  ANALYZE;`

const insert = `INSERT INTO events (payload) SELECT md5(random()::text) FROM generate_series(1, $1::int)`
// A row that changes goes away from the cursor value where it stood: a reader must not miss the rows beside it.
const update = `UPDATE events SET version = version + 1, payload = md5(random()::text), updated_at = clock_timestamp()
  WHERE id IN (SELECT (random() * (SELECT max(id) FROM events))::bigint FROM generate_series(1, 20))`
const updateItems = `UPDATE items SET version = version + 1, payload = md5(random()::text) WHERE id % $1::int = 0`

export interface Writer {
  /** One of the next statements inserts this many rows. */
  insertBulk(rows: number): void
  /** Resolves when nothing is written any more. Throws what a writer died of. */
  stop(): Promise<void>
}

/** One writer whose every statement is a transaction: rows become visible in the order of their cursor. */
export const singleWriter = (server: RunningPostgres, random: SeededRandom): Writer =>
  writing(server, async (client, rows) => {
    await client.query(insert, [rows ?? random.between(1, 20)])
    await client.query(update)
    if (random.next() < 0.2) await client.query(updateItems, [random.between(1, 500)])
  })

/** Several writers whose transactions overlap, last up to `longestMs`, and partly roll back: rows become visible late. */
export const overlappingWriters = (server: RunningPostgres, random: SeededRandom, longestMs: number): Writer => {
  const inserters = [1, 2, 3].map(() =>
    writing(server, async (client, rows) => {
      await client.query('BEGIN')
      await client.query(insert, [rows ?? random.between(1, 50)])
      await delay(random.between(0, longestMs))
      await client.query(insert, [random.between(1, 50)])
      await client.query(random.next() < 0.1 ? 'ROLLBACK' : 'COMMIT')
    }),
  )
  // Updates that overlap could lock one another out for good: one writer makes them all.
  const updater = writing(server, async (client) => {
    await client.query('BEGIN')
    await client.query(update)
    await client.query(updateItems, [random.between(1, 500)])
    await delay(random.between(0, longestMs))
    await client.query('COMMIT')
  })
  return {
    insertBulk: (rows) => random.oneOf(inserters)?.insertBulk(rows),
    stop: async () => void (await Promise.all([...inserters, updater].map((writer) => writer.stop()))),
  }
}

const writing = (server: RunningPostgres, once: (client: pg.Client, rows?: number) => Promise<void>): Writer => {
  const { host, port, database, password, username: user } = server
  const client = new pg.Client({ host, port, database, user, password })
  // What breaks a query is told by that query; what breaks the idle connection, by the next one.
  client.on('error', () => undefined)
  const bulks: number[] = []
  let isStopped = false
  const run = async () => {
    await client.connect()
    while (!isStopped) {
      await once(client, bulks.shift())
      await delay(30)
    }
    await client.end()
  }
  const ended = run()
  // Told to whoever stops the writer.
  ended.catch(() => undefined)
  return {
    insertBulk: (rows) => void bulks.push(rows),
    async stop() {
      isStopped = true
      await ended
    },
  }
}
