import type { Connection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourceMysql } from '../../../../lib/connectors/source-mysql/index.ts'
import { describeSource, type Shape } from '../../../conformance/source.ts'
import { hasMariaDb, type MariaDb, startMariaDb } from '../../../support/mariadb.ts'
import { readStream, streamOf } from '../../../support/sync.ts'

const rowCount = 20_000
const shop = (name: string, more: Parameters<typeof streamOf>[1] = {}) => streamOf(name, { namespace: 'shop', ...more })

const configOf = ({ host, port, database, username, password }: MariaDb) => ({
  host,
  port,
  database,
  username,
  password,
})

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``

const catalog = `
  CREATE DATABASE odd; CREATE TABLE odd.no_rows (id int);
  CREATE TABLE odd.wide (${Array.from({ length: 500 }, (_, index) => `c${index} int DEFAULT ${index}`).join(', ')});
  INSERT INTO odd.wide () VALUES ();
  CREATE TABLE odd.keyless (a int, b int); INSERT INTO odd.keyless VALUES (1, 1), (1, 1);
  CREATE TABLE odd.parts (region varchar(5), id int, total int AS (id * 2) STORED, twice int AS (id * 2) VIRTUAL,
    hidden int INVISIBLE DEFAULT 7, PRIMARY KEY (region, id)) PARTITION BY KEY (region) PARTITIONS 3;
  INSERT INTO odd.parts (region, id) VALUES ('eu', 1), ('us', 2); CREATE VIEW odd.seen AS SELECT id, total FROM odd.parts;
  CREATE TABLE odd.versioned (id int PRIMARY KEY) WITH SYSTEM VERSIONING; INSERT INTO odd.versioned VALUES (1), (2);
  DELETE FROM odd.versioned WHERE id = 2; CREATE SEQUENCE odd.counter; CREATE SEQUENCE shop.counter;
  CREATE TEMPORARY TABLE shop.temporary (id int); CREATE TABLE odd.slow (id int PRIMARY KEY) ENGINE = MyISAM`

const numbered = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`c${index}`, index]))
type ShapeFacts = Pick<Shape, 'why' | 'columns' | 'rows'> & Partial<Pick<Shape, 'primaryKey' | 'row'>>

const shapes: readonly (ShapeFacts & { readonly name: string })[] = [
  { why: 'no rows', name: 'no_rows', columns: 1, rows: 0 },
  { why: '500 columns', name: 'wide', columns: 500, rows: 1, row: numbered },
  { why: 'no key', name: 'keyless', columns: 2, rows: 2 },
  {
    why: 'partitions, a composite key, generated and invisible columns',
    name: 'parts',
    columns: 5,
    rows: 2,
    primaryKey: ['region', 'id'],
    row: { region: 'us', id: 2, total: 4, twice: 4, hidden: 7 },
  },
  { why: 'a view', name: 'seen', columns: 2, rows: 2, row: { id: 1, total: 2 } },
  { why: 'rows that were deleted', name: 'versioned', columns: 1, rows: 1, primaryKey: ['id'] },
  { why: 'no transactions', name: 'slow', columns: 1, rows: 0, primaryKey: ['id'] },
]

const start = async () => {
  const server = await startMariaDb()
  const connection = await server.connect()
  // Pairs of rows share a cursor value, so that batches end inside ties.
  await connection.query(`CREATE TABLE events (id int PRIMARY KEY, updated_at datetime(3), note text);
    INSERT INTO events SELECT seq, '2024-01-01' + INTERVAL seq DIV 2 SECOND, CONCAT('note ', seq) FROM seq_1_to_${rowCount};
    CREATE DATABASE hollow; CREATE USER 'reader'@'127.0.0.1' IDENTIFIED BY 'canary-reader'; GRANT SELECT ON hollow.* TO 'reader'@'127.0.0.1'`)
  await connection.query(catalog)
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
    async named(name: string) {
      const made = quoted(name)
      await connection.query(`CREATE DATABASE ${made} CHARACTER SET utf8mb4;
        CREATE TABLE ${made}.${made} (id int PRIMARY KEY, ${made} varchar(20));
        INSERT INTO ${made}.${made} VALUES (1, 'one'), (2, NULL)`)
      return { config: { ...config, database: name }, stream: streamOf(name, { namespace: name }) }
    },
    shapes: shapes.map(({ name, primaryKey = [], ...shape }) => {
      const stream = streamOf(name, { namespace: 'odd' })
      return { ...shape, primaryKey, config: { ...config, database: 'odd' }, stream }
    }),
    hidden: ['counter', 'temporary'],
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

    it('a user who may only SELECT one table sees that one, with the same types', async () => {
      await connection.query(`CREATE TABLE readable (id int PRIMARY KEY, doc json, area point, at timestamp NULL);
        CREATE TABLE unreadable (id int); INSERT INTO readable VALUES (1, '{}', NULL, '2024-01-01');
        CREATE USER clerk@'127.0.0.1' IDENTIFIED BY 'clerk'; GRANT SELECT ON shop.readable TO clerk@'127.0.0.1'`)
      const clerk = { ...config, username: 'clerk', password: 'clerk' }
      const parsed = sourceMysql.parseConfig(clerk)
      expect(await sourceMysql.check(parsed, AbortSignal.timeout(10_000))).toEqual([])
      const streams = await sourceMysql.discover(parsed, AbortSignal.timeout(10_000))
      expect(streams.map(({ name, sourceDefinedPrimaryKey }) => [name, sourceDefinedPrimaryKey])).toEqual([
        ['readable', [['id']]],
      ])
      const stream = shop('readable', { syncMode: 'incremental', cursorField: ['at'] })
      expect(await readStream(sourceMysql, clerk, stream)).toEqual(await readStream(sourceMysql, config, stream))
    })

    it("rows and values do not depend on the server's settings, nor how long a destination may think", async () => {
      const limits = [
        'sql_select_limit',
        'net_write_timeout',
        'wait_timeout',
        'lock_wait_timeout',
        'idle_transaction_timeout',
        'idle_readonly_transaction_timeout',
      ]
      await connection.query(`CREATE TABLE words (c varchar(9), d char(3)); INSERT INTO words VALUES ('é€🎉', 'x'), ('ü', 'y');
        CREATE VIEW limits AS SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM information_schema.SESSION_VARIABLES
          WHERE VARIABLE_NAME IN (${limits.map((name) => `'${name}'`).join(', ')});
        CREATE USER plain@'127.0.0.1' IDENTIFIED BY 'plain'; GRANT SELECT ON *.* TO plain@'127.0.0.1';
        SET GLOBAL init_connect = "SET NAMES latin1, sql_select_limit = 1, max_join_size = 1, sql_mode = 'PAD_CHAR_TO_FULL_LENGTH',
          wait_timeout = 1, idle_transaction_timeout = 1, idle_readonly_transaction_timeout = 1"`)
      const plain = { ...config, username: 'plain', password: 'plain' }
      try {
        const expected = [
          { c: 'é€🎉', d: 'x' },
          { c: 'ü', d: 'y' },
        ]
        expect((await readStream(sourceMysql, plain, shop('words'))).rows).toEqual(expected)
        expect((await readStream(sourceMysql, plain, shop('words', { asText: ['c'] }))).rows).toEqual(expected)
        const { rows } = await readStream(sourceMysql, plain, shop('limits'))
        expect(Object.fromEntries(rows.map(({ name, value }) => [String(name).toLowerCase(), value]))).toEqual({
          sql_select_limit: '18446744073709551615',
          net_write_timeout: '3600',
          wait_timeout: '28800',
          lock_wait_timeout: '60',
          idle_transaction_timeout: '0',
          idle_readonly_transaction_timeout: '0',
        })
      } finally {
        await connection.query("SET GLOBAL init_connect = ''")
      }
    })

    it('tables whose names differ by case only are two', async () => {
      await connection.query('CREATE TABLE twice (a int); CREATE TABLE Twice (b int, c int)')
      const streams = await sourceMysql.discover(sourceMysql.parseConfig(config), AbortSignal.timeout(10_000))
      const found = streams.filter(({ name }) => /^twice$/i.test(name))
      expect(
        Object.fromEntries(found.map(({ name, jsonSchema }) => [name, Object.keys(jsonSchema.properties ?? {})])),
      ).toEqual({ twice: ['a'], Twice: ['b', 'c'] })
      const columns = async (name: string) =>
        (await readStream(sourceMysql, config, shop(name))).fields.map((field) => field.name)
      expect([await columns('twice'), await columns('Twice')]).toEqual([['a'], ['b', 'c']])
    })

    it('json is what MariaDB declares so, whoever looks', async () => {
      await connection.query(`CREATE TABLE declared (a json, \`b\`\`\` json, c longtext COLLATE utf8mb4_bin,
        d varchar(9) CHECK (json_valid(d)), e longtext COLLATE utf8mb4_bin CHECK (json_valid(e) OR e = ''))`)
      const kinds = async (more: object) =>
        (await readStream(sourceMysql, { ...config, ...more }, shop('declared'))).fields.map(({ type }) => type.kind)
      const expected = ['json', 'json', 'text', 'text', 'text']
      expect(await kinds({})).toEqual(expected)
      expect(await kinds({ username: 'plain', password: 'plain' })).toEqual(expected)
    })

    it('columns of a view may hold NULL, whatever the server says of them', async () => {
      await connection.query('CREATE TABLE solid (id int PRIMARY KEY); CREATE VIEW glass AS SELECT id FROM solid')
      const nullable = async (name: string) => (await readStream(sourceMysql, config, shop(name))).fields[0]?.nullable
      expect([await nullable('solid'), await nullable('glass')]).toEqual([false, true])
    })

    it('texts that begin with the same thousand bytes come in their order', async () => {
      await connection.query(`CREATE TABLE prefixed (c longtext);
        INSERT INTO prefixed SELECT CONCAT(REPEAT('p', 1100), LPAD((seq * 7) MOD 101, 3, '0')) FROM seq_1_to_100`)
      const stream = shop('prefixed', { syncMode: 'incremental', cursorField: ['c'] })
      const texts = (await readStream(sourceMysql, config, stream)).rows.map(({ c }) => String(c))
      expect(texts).toHaveLength(100)
      expect(texts).toEqual(texts.toSorted())
    })

    it.each([
      ['a plugin that the driver does not know', "VIA ed25519 USING PASSWORD('canary')", 'log in by client_ed25519'],
      ['a locked account', "BY 'canary' ACCOUNT LOCK", 'account is locked'],
      ['an expired password', "BY 'canary' PASSWORD EXPIRE", 'unlock or renew'],
    ])('%s is a fault of the user', async (_, how, says) => {
      await connection.query("INSTALL SONAME 'auth_ed25519'").catch(() => {})
      await connection.query(`CREATE OR REPLACE USER kept@'127.0.0.1' IDENTIFIED ${how};
        GRANT SELECT ON shop.* TO kept@'127.0.0.1'`)
      const parsed = sourceMysql.parseConfig({ ...config, username: 'kept', password: 'canary' })
      const signal = AbortSignal.timeout(10_000)
      const fault = { pointer: '/username', message: expect.stringContaining(says) }
      expect(await sourceMysql.check(parsed, signal)).toEqual([fault])
      await expect(sourceMysql.open(parsed, signal)).rejects.toMatchObject({ code: 'connector_config' })
    })

    it('the longest name is a name like others, and an incremental read of nothing has a state', async () => {
      const name = 'n'.repeat(64)
      await connection.query(`CREATE TABLE ${name} (${name} int)`)
      const stream = shop(name, { syncMode: 'incremental', cursorField: [name] })
      expect((await readStream(sourceMysql, config, stream)).states.at(-1)).toMatchObject({ cursor: null })
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

    it('a cursor whose type has another order now is read from its beginning', async () => {
      await connection.query('CREATE TABLE turned (c int); INSERT INTO turned VALUES (5)')
      const stream = shop('turned', { syncMode: 'incremental', cursorField: ['c'] })
      const state = (await readStream(sourceMysql, config, stream)).states.at(-1)
      await connection.query("ALTER TABLE turned MODIFY c varchar(9); INSERT INTO turned VALUES ('10')")
      const texts = await readStream(sourceMysql, config, stream, state)
      expect(texts.rows).toEqual([{ c: '10' }, { c: '5' }])
      expect((await readStream(sourceMysql, config, stream, texts.states.at(-1))).rows).toEqual([])
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

    it.each(['fields', 'asText'])('a column in %s that is not there is named', async (option) => {
      await connection.query('CREATE TABLE IF NOT EXISTS narrow (id int)')
      const reading = readStream(sourceMysql, config, shop('narrow', { [option]: ['id', 'gone'] }))
      const message = expect.stringContaining(`has no column "gone" (${option})`)
      await expect(reading).rejects.toMatchObject({ code: 'connector_config', message })
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

    it('a stream that cannot be looked at does not hide what is to be told of others', async () => {
      await connection.query(`CREATE TABLE base (c int); CREATE VIEW broken AS SELECT c FROM base; CREATE TABLE gaps (c int);
        INSERT INTO gaps VALUES (NULL)`)
      const streams = ['broken', 'gaps'].map((name) => shop(name, { syncMode: 'incremental', cursorField: ['c'] }))
      await connection.query('DROP TABLE base')
      expect(
        await sourceMysql.warnings?.(sourceMysql.parseConfig(config), streams, AbortSignal.timeout(30_000)),
      ).toEqual([expect.stringContaining('broken'), expect.stringContaining('shop.gaps: 1 row has NULL')])
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
