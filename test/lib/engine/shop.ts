import { execFileSync } from 'node:child_process'
import pg from 'pg'
import { eventually } from '../../support/eventually.ts'
import { startPostgres } from '../../support/postgres.ts'
import { s3Configuration, startS3 } from '../../support/s3.ts'
import type { Answer } from './test-engine.ts'

export type Call = (path: string, body?: unknown) => Promise<Pick<Answer, 'status' | 'body'>>

export interface Wishes {
  stream?: string
  config?: object
  source?: object
  destination?: object
  /** A configuration of the Postgres destination, in place of the object store. */
  toPostgres?: object
}

/** A database with 1,000 orders and a view that reads as slowly as it is told, and an empty object store. */
export const startShop = async () => {
  const [postgres, s3] = await Promise.all([startPostgres(), startS3()])
  const { host, port, database, username: user, password } = postgres
  const sql = new pg.Client({ host, port, database, user, password })
  await sql.connect()
  await sql.query(`
    CREATE TABLE orders (id int PRIMARY KEY, note text, updated_at timestamptz NOT NULL);
    INSERT INTO orders SELECT i, 'note ' || i, timestamptz '2025-01-01' + i * interval '1 s' FROM generate_series(1, 1000) i;
    CREATE TABLE pace (seconds float8 NOT NULL, set_at timestamptz NOT NULL DEFAULT now());
    INSERT INTO pace VALUES (0);
    CREATE VIEW slow AS SELECT i AS id, pg_sleep((SELECT seconds FROM pace))::text AS slept FROM generate_series(1, 500) i;
  `)

  /** Creates a source, a destination and a connection of one stream, and answers the connection's id. */
  const link = async (call: Call, wishes: Wishes = {}) => {
    const { stream = 'orders', config = {}, source = {}, destination = {}, toPostgres } = wishes
    const { host, port, database, username, password } = postgres
    const workspaceId = (await call('/workspaces/list')).body.workspaces[0].workspaceId
    const createdSource = await call('/sources/create', {
      workspaceId,
      name: 'shop',
      sourceDefinitionId: 'decd338e-5647-4c0b-adf4-da0e75f5a750',
      connectionConfiguration: { host, port, database, username, password, ...source },
    })
    const createdDestination = await call('/destinations/create', {
      workspaceId,
      name: 'lake',
      destinationDefinitionId: toPostgres
        ? '25c5221d-dce2-4163-ade9-739ef790f503'
        : '4816b78f-1489-44c1-9060-4b19d5fa9362',
      connectionConfiguration: toPostgres ?? {
        ...s3Configuration(s3, 'lake'),
        ...destination,
      },
    })
    const { body } = await call('/connections/create', {
      sourceId: createdSource.body.sourceId,
      destinationId: createdDestination.body.destinationId,
      status: 'active',
      syncCatalog: {
        streams: [
          {
            stream: {
              name: stream,
              namespace: 'public',
              jsonSchema: { type: 'object' },
              supportedSyncModes: ['full_refresh'],
            },
            config: { syncMode: 'full_refresh', destinationSyncMode: 'append', selected: true, ...config },
          },
        ],
      },
    })
    return body.connectionId as string
  }

  return {
    postgres,
    s3,
    sql,
    link,
    /** How long each of the 500 rows of "slow" takes in reads that begin from now on. */
    setPace: (seconds: number) =>
      sql.query(
        'UPDATE pace SET seconds = $1::float8, set_at = CASE WHEN $1::float8 > 0 THEN clock_timestamp() ELSE set_at END',
        [seconds],
      ),
    /** Resolves when a sync that began since the pace was set is in the middle of reading "slow": what was killed sleeps on. */
    isReadingSlowly: () =>
      eventually(async () => {
        const { rows } = await sql.query(
          `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep' AND query ILIKE 'COPY%slow%'
            AND query_start > (SELECT set_at FROM pace)`,
        )
        return rows.length > 0 || undefined
      }),
    async stop() {
      await sql.end()
      await Promise.all([postgres.stop(), s3.stop()])
    },
  }
}

export type Shop = Awaited<ReturnType<typeof startShop>>

/** The sync processes of an engine, the waiting one included. */
export const workersOf = (pid: number): number[] => {
  try {
    const table = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(pid)], { encoding: 'utf8' })
    return table
      .split('\n')
      .filter((line) => line.includes('sync/worker.ts'))
      .map((line) => Number.parseInt(line, 10))
  } catch {
    // ps ends with 1 when it finds nothing.
    return []
  }
}
export const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
