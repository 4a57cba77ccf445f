import type { Connection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourceMysql } from '../../../../lib/connectors/source-mysql/index.ts'
import { describeSource } from '../../../conformance/source.ts'
import { readByDuckDb } from '../../../support/duckdb.ts'
import { hasMariaDb, type MariaDb, startMariaDb } from '../../../support/mariadb.ts'
import { parquetOf, readStream, streamOf } from '../../../support/sync.ts'

const rowCount = 20_000
const shop = (name: string, more: Parameters<typeof streamOf>[1] = {}) => streamOf(name, { namespace: 'shop', ...more })

const configOf = ({ host, port, database, username, password }: MariaDb) => ({
  host,
  port,
  database,
  username,
  password,
})

const start = async () => {
  const server = await startMariaDb()
  const connection = await server.connect()
  // Pairs of rows share a cursor value, so that batches end inside ties.
  await connection.query(`CREATE TABLE events (id int PRIMARY KEY, updated_at datetime(3), note text);
    INSERT INTO events SELECT seq, '2024-01-01' + INTERVAL seq DIV 2 SECOND, CONCAT('note ', seq) FROM seq_1_to_${rowCount};
    CREATE DATABASE hollow; CREATE USER 'reader'@'127.0.0.1' IDENTIFIED BY 'canary-reader'; GRANT SELECT ON hollow.* TO 'reader'@'127.0.0.1'`)
  const config = configOf(server)
  return {
    config,
    broken: [
      { why: 'wrong password', config: { ...config, password: 'canary-wrong' }, pointer: '/password' },
      { why: 'unknown database', config: { ...config, database: 'nowhere' }, pointer: '/database' },
      { why: 'nothing listens', config: { ...config, port: 1 }, pointer: '/port' },
      { why: 'no such host', config: { ...config, host: 'nowhere.invalid' }, pointer: '/host' },
      { why: 'no TLS there', config: { ...config, ssl_mode: { mode: 'required' } }, pointer: '/ssl_mode' },
      {
        why: 'a database that is not allowed',
        config: { ...config, username: 'reader', password: 'canary-reader' },
        pointer: '/database',
      },
      {
        why: 'nothing readable',
        config: { ...config, username: 'reader', password: 'canary-reader', database: 'hollow' },
        pointer: '/database',
      },
    ],
    secrets: ['canary-wrong', 'canary-reader', server.password],
    stream: shop('events'),
    rowCount,
    incremental: shop('events', { syncMode: 'incremental', cursorField: ['updated_at'] }),
    async addRows() {
      await connection.query(`INSERT INTO events SELECT ${rowCount + 1}, max(updated_at), 'late' FROM events;
        INSERT INTO events SELECT ${rowCount + 2}, max(updated_at) + INTERVAL 1 SECOND, 'new' FROM events`)
      return [rowCount + 1, rowCount + 2]
    },
    async addRowWithoutCursor() {
      await connection.query("INSERT INTO events VALUES (0, NULL, 'never')")
    },
    async stop() {
      await connection.end()
      await server.stop()
    },
  }
}

describe.runIf(hasMariaDb())('against MariaDB', () => {
  describeSource(sourceMysql, start)

  describe('source-mysql', () => {
    let server: MariaDb
    let config: ReturnType<typeof configOf>
    let connection: Connection

    beforeAll(async () => {
      server = await startMariaDb()
      config = configOf(server)
      connection = await server.connect()
      await connection.query("SET sql_mode = ''")
    })

    afterAll(async () => {
      await connection?.end()
      await server?.stop()
    })

    const discovered = (database = 'shop') =>
      sourceMysql.discover(sourceMysql.parseConfig({ ...config, database }), AbortSignal.timeout(30_000))

    it.each([
      ['quotes and dots', 'a"b.c\'d'],
      ['backticks', 'a`b``c'],
      ['spaces and capitals', 'My Table'],
      ['letters beyond ASCII', 'täble 漢字'],
      ['SQL', 'x`; DROP TABLE y; --'],
      ['a prototype key', '__proto__'],
      ['64 characters', 'n'.repeat(64)],
      ['a percent and a backslash', '100%\\n'],
    ])('names with %s are names like others', async (_, name) => {
      const quoted = `\`${name.replaceAll('`', '``')}\``
      await connection.query(`CREATE DATABASE ${quoted} CHARACTER SET utf8mb4;
        CREATE TABLE ${quoted}.${quoted} (id int PRIMARY KEY, ${quoted} varchar(20));
        INSERT INTO ${quoted}.${quoted} VALUES (1, 'one'), (2, NULL)`)
      const [stream] = await discovered(name)
      expect(stream).toMatchObject({ name, namespace: name, sourceDefinedPrimaryKey: [['id']] })
      const { properties = {} } = (stream?.jsonSchema ?? {}) as { properties?: object }
      expect(Object.keys(properties)).toContain(name)
      const incremental = streamOf(name, { namespace: name, syncMode: 'incremental', cursorField: [name] })
      const read = await readStream(sourceMysql, config, incremental)
      expect(read.batches.reduce((rows, batch) => rows + batch.rows, 0)).toBe(2)
      expect(read.states.at(-1)).toMatchObject({ cursorField: name, cursor: 'one' })
      expect(await readByDuckDb(await parquetOf(read), 'count(*) AS n')).toEqual([{ n: '2' }])
    })

    it('tables without rows and with 500 columns are read', async () => {
      const many = Array.from({ length: 500 }, (_, index) => `c${index} int DEFAULT ${index}`).join(', ')
      await connection.query(
        `CREATE TABLE no_rows (id int); CREATE TABLE wide (${many}); INSERT INTO wide () VALUES ()`,
      )
      expect((await readStream(sourceMysql, config, shop('no_rows'))).rows).toEqual([])
      const incremental = shop('no_rows', { syncMode: 'incremental', cursorField: ['id'] })
      const empty = await readStream(sourceMysql, config, incremental)
      expect(empty.states.at(-1)).toMatchObject({ cursor: null })
      const wide = await readStream(sourceMysql, config, shop('wide'))
      expect(Object.values(wide.rows[0] ?? {})).toEqual(Array.from({ length: 500 }, (_, index) => index))
    })

    it('views, generated and invisible columns, partitions and composite keys are read', async () => {
      await connection.query(`
        CREATE TABLE parts (region varchar(5), id int, total int AS (id * 2) STORED, hidden int INVISIBLE DEFAULT 7,
          PRIMARY KEY (region, id)) PARTITION BY KEY (region) PARTITIONS 3;
        INSERT INTO parts (region, id) VALUES ('eu', 1), ('us', 2); CREATE VIEW seen AS SELECT id, total FROM parts`)
      const streams = await discovered()
      expect(streams.find(({ name }) => name === 'parts')?.sourceDefinedPrimaryKey).toEqual([['region'], ['id']])
      const seen = await readStream(sourceMysql, config, shop('seen'))
      expect(seen.rows.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual([
        { id: 1, total: 2 },
        { id: 2, total: 4 },
      ])
      const { rows } = await readStream(sourceMysql, config, shop('parts'))
      expect(rows.map((row) => row.hidden)).toEqual([7, 7])
    })

    it.each([
      ['datetime(6)', "'2024-01-01 00:00:00.000001'", "'2024-01-01 00:00:00.000002'"],
      ['timestamp NULL', "'2024-01-01 00:00:01'", "'2024-01-01 00:00:02'"],
      ['date', "'2024-01-01'", "'2024-01-02'"],
      ['varchar(20)', "'a''b\\\\'", "'b'"],
      ['bigint', '9007199254740993', '9223372036854775807'],
      ['bigint unsigned', '9223372036854775808', '18446744073709551615'],
      ['decimal(65,30)', '1.000000000000000000000000000001', '1.000000000000000000000000000002'],
      ['float', '0.1', '0.2'],
      ['double', '0.1', '0.30000000000000004'],
      ["enum('z','a')", "'a'", "'z'"],
      ['year', '1999', '2000'],
    ])('a cursor of type %s: rows without one travel once', async (type, first, second) => {
      await connection.query(`DROP TABLE IF EXISTS cursors; CREATE TABLE cursors (id int, c ${type});
        INSERT INTO cursors VALUES (1, NULL), (2, NULL), (3, ${first})`)
      const stream = shop('cursors', { syncMode: 'incremental', cursorField: ['c'], fields: ['id'] })
      const one = await readStream(sourceMysql, config, stream)
      expect(one.rows.map((row) => row.id).sort()).toEqual([1, 2, 3])
      const two = await readStream(sourceMysql, config, stream, one.states.at(-1))
      expect(two.rows).toEqual([])
      await connection.query(`INSERT INTO cursors VALUES (4, ${second}), (5, NULL)`)
      const three = await readStream(sourceMysql, config, stream, two.states.at(-1))
      expect(three.rows).toEqual([{ id: 4 }])
    })

    it('texts that a collation calls equal are different cursor values', async () => {
      await connection.query(`CREATE TABLE letters (id int, c varchar(5) COLLATE utf8mb4_general_ci);
        INSERT INTO letters VALUES (1, 'A'), (2, 'a')`)
      const stream = shop('letters', { syncMode: 'incremental', cursorField: ['c'] })
      const one = await readStream(sourceMysql, config, stream)
      expect(one.rows).toHaveLength(2)
      await connection.query("INSERT INTO letters VALUES (3, 'a'), (4, 'Ä')")
      const two = await readStream(sourceMysql, config, stream, one.states.at(-1))
      expect(two.rows.map((row) => row.id).sort()).toEqual([3, 4])
    })

    it.each(['datetime(6)', 'timestamp NULL'])('a lookback window on a %s finds rows that came late', async (type) => {
      await connection.query(`DROP TABLE IF EXISTS late; CREATE TABLE late (id int, c ${type});
        INSERT INTO late VALUES (1, '2024-01-01 00:00:00'), (2, '2024-01-01 00:00:50'), (3, '2024-01-01 00:01:00')`)
      const stream = shop('late', { syncMode: 'incremental', cursorField: ['c'] })
      const looking = { ...config, lookback_window_seconds: 10 }
      const ids = (read: Awaited<ReturnType<typeof readStream>>) => read.rows.map((row) => row.id)
      const one = await readStream(sourceMysql, looking, stream)
      await connection.query(`INSERT INTO late VALUES (4, '2024-01-01 00:00:55'), (5, '2024-01-01 00:01:00')`)
      const two = await readStream(sourceMysql, looking, stream, one.states.at(-1))
      expect(ids(two)).toEqual([2, 4, 5])
      // The rows at the last value are known also after a read that began before it.
      expect(ids(await readStream(sourceMysql, config, stream, two.states.at(-1)))).toEqual([])
      const zero = { cursorField: 'c', cursor: '0000-00-00 00:00:00', hashes: [] }
      expect(ids(await readStream(sourceMysql, looking, stream, zero))).toHaveLength(5)
    })

    it('equal rows at the boundary are counted', async () => {
      await connection.query('CREATE TABLE twins (c int); INSERT INTO twins VALUES (1), (1)')
      const stream = shop('twins', { syncMode: 'incremental', cursorField: ['c'] })
      const one = await readStream(sourceMysql, config, stream)
      await connection.query('INSERT INTO twins VALUES (1)')
      const two = await readStream(sourceMysql, config, stream, one.states.at(-1))
      expect(two.rows).toEqual([{ c: 1 }])
    })

    it.each([
      ['no cursor', [], '""'],
      ['an unknown cursor', ['nope'], '"nope"'],
      ['a cursor without an order', ['doc'], '"doc"'],
    ])("%s is the configuration's fault", async (_, cursorField, named) => {
      await connection.query('CREATE TABLE IF NOT EXISTS docs (id int, doc json)')
      const reading = readStream(sourceMysql, config, shop('docs', { syncMode: 'incremental', cursorField }))
      await expect(reading).rejects.toMatchObject({ code: 'connector_config', message: expect.stringContaining(named) })
    })

    it('a check that would look too long for rows without a cursor says so', async () => {
      await connection.query('CREATE VIEW stuck AS SELECT NULLIF(SLEEP(60), 0) AS c')
      const stream = shop('stuck', { syncMode: 'incremental', cursorField: ['c'] })
      const warnings = await sourceMysql.warnings?.(
        sourceMysql.parseConfig(config),
        [stream],
        AbortSignal.timeout(30_000),
      )
      expect(warnings).toEqual([expect.stringContaining('shop.stuck: whether rows have NULL in the cursor c')])
    })

    it('all streams of a connection see one snapshot', async () => {
      await connection.query('CREATE TABLE snapshot (id int) ENGINE = InnoDB; INSERT INTO snapshot VALUES (1)')
      const { signal } = new AbortController()
      await using open = await sourceMysql.open(sourceMysql.parseConfig(config), signal)
      const count = async () => {
        let rows = 0
        for await (const batch of (await open.read(shop('snapshot'), undefined, signal)).batches) rows += batch.rows
        return rows
      }
      expect(await count()).toBe(1)
      await connection.query('INSERT INTO snapshot VALUES (2)')
      expect(await count()).toBe(1)
    })

    it('a read that is left early leaves no query behind', async () => {
      await connection.query(`CREATE TABLE many (id int, note varchar(200));
        INSERT INTO many SELECT seq, REPEAT('x', 200) FROM seq_1_to_100000`)
      const { signal } = new AbortController()
      {
        await using open = await sourceMysql.open(sourceMysql.parseConfig(config), signal)
        for await (const batch of (await open.read(shop('many'), undefined, signal)).batches) {
          expect(batch.rows).toBeGreaterThan(0)
          break
        }
      }
      await expect
        .poll(async () => {
          const [rows] = await connection.query(
            "SELECT * FROM information_schema.PROCESSLIST WHERE INFO LIKE '%`many`%' AND ID <> CONNECTION_ID()",
          )
          return (rows as unknown[]).length
        })
        .toBe(0)
    })

    it('a lost server is a passing failure', async () => {
      const { signal } = new AbortController()
      await using open = await sourceMysql.open(sourceMysql.parseConfig(config), signal)
      const [rows] = await connection.query(
        "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = 'tester' AND ID <> CONNECTION_ID()",
      )
      for (const { id } of rows as { id: number }[]) await connection.query(`KILL ${id}`)
      const reading = open.read(shop('many'), undefined, signal)
      await expect(reading).rejects.toMatchObject({ code: 'connector_transient' })
    })
  })
})
