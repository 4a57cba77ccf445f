import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourcePostgres } from '../../../../lib/connectors/source-postgres/index.ts'
import { describeSource, type Shape } from '../../../conformance/source.ts'
import { type RunningPostgres, startPostgres } from '../../../support/postgres.ts'
import { readStream, streamOf } from '../../../support/sync.ts'

const rowCount = 20_000
/** Pairs of rows share a cursor value, so that batches end inside ties. */
const table = (name: string, more = '') => `
  CREATE TABLE ${name} (id int PRIMARY KEY, updated_at timestamptz, note text);
  INSERT INTO ${name} SELECT i, timestamptz '2024-01-01' + (i / 2) * interval '1 second', 'note ' || i FROM generate_series(1, ${rowCount}) i;
  ${more}`

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Everything that a catalog of Postgres may hold; `far` reads the server itself as a foreign one. */
const catalog = ({ port, password }: RunningPostgres) => `
  CREATE SCHEMA odd; SET search_path = odd;
  CREATE TABLE no_rows (id int); CREATE TABLE no_columns (); INSERT INTO no_columns DEFAULT VALUES;
  CREATE TABLE wide (${Array.from({ length: 500 }, (_, index) => `c${index} int DEFAULT ${index}`).join(', ')});
  INSERT INTO wide DEFAULT VALUES;
  CREATE TABLE beside (a int PRIMARY KEY, b int); ALTER TABLE beside DROP CONSTRAINT beside_pkey, ADD PRIMARY KEY (b) INCLUDE (a);
  CREATE TABLE keyless (a int, b int); INSERT INTO keyless VALUES (1, 1), (1, 1);
  CREATE TABLE parts (region text, id int, total int GENERATED ALWAYS AS (id * 2) STORED, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
  CREATE TABLE parts_eu PARTITION OF parts FOR VALUES IN ('eu'); CREATE TABLE parts_us PARTITION OF parts FOR VALUES IN ('us');
  INSERT INTO parts VALUES ('eu', 1), ('us', 2);
  CREATE VIEW seen AS SELECT id, total FROM parts; CREATE MATERIALIZED VIEW stored AS SELECT id FROM parts;
  CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (extra int) INHERITS (parent);
  INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2, 2);
  CREATE TABLE dropped (id int, gone int, kept int); ALTER TABLE dropped DROP COLUMN gone;
  CREATE UNLOGGED TABLE unlogged (id serial PRIMARY KEY); CREATE INDEX an_index ON parent (id);
  CREATE TYPE composite AS (id int); CREATE TEMP TABLE temporary (id int);
  CREATE EXTENSION postgres_fdw SCHEMA public;
  CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '${port}', dbname 'postgres');
  CREATE USER MAPPING FOR postgres SERVER itself OPTIONS (user 'postgres', password '${password}');
  CREATE FOREIGN TABLE far (id int) SERVER itself OPTIONS (schema_name 'odd', table_name 'stored');
  RESET search_path`

const numbered = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`c${index}`, index]))
type ShapeFacts = Pick<Shape, 'why' | 'columns' | 'rows'> & Partial<Pick<Shape, 'primaryKey' | 'row'>>

const shapes: readonly (ShapeFacts & { readonly name: string })[] = [
  { why: 'no rows', name: 'no_rows', columns: 1, rows: 0 },
  { why: 'no columns', name: 'no_columns', columns: 0, rows: 1 },
  { why: '500 columns', name: 'wide', columns: 500, rows: 1, row: numbered },
  { why: 'a key whose index has more columns', name: 'beside', columns: 2, rows: 0, primaryKey: ['b'] },
  { why: 'no key', name: 'keyless', columns: 2, rows: 2 },
  {
    why: 'partitions, a composite key and a generated column',
    name: 'parts',
    columns: 3,
    rows: 2,
    primaryKey: ['region', 'id'],
    row: { region: 'us', id: 2, total: 4 },
  },
  { why: 'a view', name: 'seen', columns: 2, rows: 2, row: { id: 1, total: 2 } },
  { why: 'a materialized view', name: 'stored', columns: 1, rows: 2 },
  { why: 'rows of those that inherit', name: 'parent', columns: 1, rows: 2, primaryKey: ['id'] },
  { why: 'inherited columns', name: 'child', columns: 2, rows: 1 },
  { why: 'a dropped column', name: 'dropped', columns: 2, rows: 0 },
  { why: 'a table without log', name: 'unlogged', columns: 1, rows: 0, primaryKey: ['id'] },
  { why: 'a foreign table', name: 'far', columns: 1, rows: 2 },
]

const start = (indexed: boolean) => async () => {
  const server = await startPostgres()
  const client = new Client({ ...server, user: server.username })
  await client.connect()
  await client.query(table('events', indexed ? 'CREATE INDEX ON events (updated_at); ANALYZE events' : ''))
  await client.query(`CREATE ROLE reader LOGIN PASSWORD 'canary-reader'; CREATE SCHEMA hidden; CREATE SCHEMA empty;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA empty TO reader`)
  await client.query(catalog(server))
  const config = { ...server, stop: undefined }
  const incremental = streamOf('events', { syncMode: 'incremental', cursorField: ['updated_at'] })
  return {
    config,
    broken: [
      { why: 'wrong password', config: { ...config, password: 'canary-wrong' }, pointer: '/password' },
      { why: 'no password', config: { ...config, password: undefined }, pointer: '/password' },
      { why: 'unknown database', config: { ...config, database: 'nowhere' }, pointer: '/database' },
      { why: 'nothing listens', config: { ...config, port: 1 }, pointer: '/port' },
      { why: 'no such host', config: { ...config, host: 'nowhere.invalid' }, pointer: '/host' },
      { why: 'no such schema', config: { ...config, schemas: ['public', 'nope'] }, pointer: '/schemas/1' },
      { why: 'no TLS there', config: { ...config, ssl_mode: { mode: 'require' } }, pointer: '/ssl_mode' },
      {
        why: 'schema not usable',
        config: { ...config, username: 'reader', password: 'canary-reader', schemas: ['hidden'] },
        pointer: '/schemas/0',
      },
      {
        why: 'nothing readable',
        config: { ...config, username: 'reader', password: 'canary-reader', schemas: ['empty'] },
        pointer: '/schemas',
      },
    ],
    secrets: ['canary-wrong', 'canary-reader', server.password],
    stream: streamOf('events'),
    rowCount,
    incremental,
    async addRows() {
      await client.query(`INSERT INTO events SELECT ${rowCount + 1}, max(updated_at), 'late' FROM events;
        INSERT INTO events SELECT ${rowCount + 2}, max(updated_at) + interval '1 second', 'new' FROM events`)
      return [rowCount + 1, rowCount + 2]
    },
    async addRowWithoutCursor() {
      await client.query(`INSERT INTO events VALUES (0, NULL, 'never')`)
    },
    async named(name: string) {
      const made = quoted(name)
      await client.query(`CREATE SCHEMA ${made}; CREATE TABLE ${made}.${made} (id int PRIMARY KEY, ${made} text);
        INSERT INTO ${made}.${made} VALUES (1, 'one'), (2, NULL)`)
      return { config: { ...config, schemas: [name] }, stream: streamOf(name, { namespace: name }) }
    },
    shapes: shapes.map(({ name, primaryKey = [], ...shape }) => {
      const stream = streamOf(name, { namespace: 'odd' })
      return { ...shape, primaryKey, config: { ...config, schemas: ['odd'] }, stream }
    }),
    hidden: ['parts_eu', 'parts_us', 'unlogged_id_seq', 'an_index', 'composite', 'temporary', 'pg_class'],
    async stop() {
      await client.end()
      await server.stop()
    },
  }
}

describeSource(sourcePostgres, start(true))

describe('without an index on the cursor', () => {
  describeSource(sourcePostgres, start(false))
})

describe('source-postgres', () => {
  let server: RunningPostgres
  let client: Client

  beforeAll(async () => {
    server = await startPostgres()
    client = new Client({ ...server, user: server.username })
    await client.connect()
  })

  afterAll(async () => {
    await client?.end()
    await server?.stop()
  })

  it('an incremental read of nothing has a state', async () => {
    await client.query('CREATE TABLE no_rows (id int)')
    const stream = streamOf('no_rows', { syncMode: 'incremental', cursorField: ['id'] })
    expect((await readStream(sourcePostgres, server, stream)).states.at(-1)).toMatchObject({
      cursor: null,
      complete: true,
    })
  })

  it('a role sees only what it may read, down to the column', async () => {
    await client.query(`CREATE TABLE secret (id int); CREATE TABLE partly (id int, salary int); INSERT INTO partly VALUES (1, 2);
      CREATE ROLE clerk LOGIN PASSWORD 'clerk'; GRANT SELECT (id) ON partly TO clerk`)
    const config = { ...server, username: 'clerk', password: 'clerk' }
    const streams = await sourcePostgres.discover(sourcePostgres.parseConfig(config), AbortSignal.timeout(30_000))
    expect(streams.map((stream) => stream.name)).toEqual(['partly'])
    expect((await readStream(sourcePostgres, config, streamOf('partly'))).rows).toEqual([{ id: 1 }])
  })

  it.each([
    ['timestamp', "'infinity'", "'2024-01-01'", "'2024-01-02'"],
    ['date', "'-infinity'", "'2024-01-01'", "'2024-01-02'"],
    ['double precision', "'NaN'", '1.5', '2.5'],
    ['numeric', "'NaN'", '1.5', '2.5'],
    ['numeric(12,2)', "'NaN'", '1.5', '2.5'],
    ['decimal', "'Infinity'", '-1e131071', '9e131071'],
    ['text', 'NULL', "'a''b'", "'b'"],
    ['uuid', 'NULL', "'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'"],
    ['bigint', 'NULL', '9007199254740993', '9223372036854775807'],
    ['real', "'Infinity'", '0.1', '0.2'],
    ['time', 'NULL', "'12:00:00.000001'", "'24:00'"],
  ])('a cursor of type %s: rows without a place in its order travel once', async (type, outside, first, second) => {
    const name = `cursor_${type.replaceAll(/\W/g, '_')}`
    await client.query(
      `CREATE TABLE ${name} (id int, c ${type}); INSERT INTO ${name} VALUES (1, NULL), (2, ${outside}), (3, ${first})`,
    )
    for (const index of ['', `CREATE INDEX ON ${name} (c)`]) {
      await client.query(`DELETE FROM ${name} WHERE id = 4; ${index}`)
      const stream = streamOf(name, { syncMode: 'incremental', cursorField: ['c'], fields: ['id'] })
      const one = await readStream(sourcePostgres, server, stream)
      expect(one.rows.map((row) => row.id).sort()).toEqual([1, 2, 3])
      const two = await readStream(sourcePostgres, server, stream, one.states.at(-1))
      expect(two.rows).toEqual([])
      await client.query(`INSERT INTO ${name} VALUES (4, ${second})`)
      const three = await readStream(sourcePostgres, server, stream, two.states.at(-1))
      expect(three.rows).toEqual([{ id: 4 }])
    }
  })

  it('a cursor that travels as text is in the order of its own type', async () => {
    await client.query(`CREATE TABLE digits (c numeric, at timestamptz);
      INSERT INTO digits VALUES (9, '2024-01-01'), (10, '2024-01-02'), (100, '2024-01-03')`)
    const stream = (cursor: string, asText: string[] = []) =>
      streamOf('digits', { syncMode: 'incremental', cursorField: [cursor], asText })
    for (const index of ['', 'CREATE INDEX ON digits (c); CREATE INDEX ON digits (at)']) {
      await client.query(index)
      const first = await readStream(sourcePostgres, server, stream('c'))
      expect(first.rows.map(({ c }) => c)).toEqual(['9', '10', '100'])
      expect(first.states.at(-1)).toMatchObject({ cursor: '100' })
      const second = await readStream(sourcePostgres, server, stream('at', ['at']))
      expect(second.states.at(-1)).toMatchObject({ cursor: '2024-01-03 00:00:00.000000' })
    }
  })

  it.each([
    // The same rows in wider bytes: those at the position cannot be known again.
    ['int', 'bigint', ['1', '9'], '10', ['10', '9']],
    ['varchar(9)', 'text', ['1', '9'], '95', ['95']],
    // The position 9 would hide 10 among texts, and is no timestamp at all.
    ['int', 'text', ['1', '9'], '10', ['1', '10', '9']],
    ['int', "date USING '2024-01-01'::date + c", ['1', '9'], '10', ['2024-01-02', '2024-01-10', '2024-01-11']],
    [
      'timestamp',
      "timestamptz USING c AT TIME ZONE 'Asia/Tokyo'",
      ['2024-01-02'],
      '2024-01-02 08:00',
      ['2024-01-01 15:00:00+00', '2024-01-01 23:00:00+00'],
    ],
  ] as const)(
    'a cursor that was %s and is now %s: what follows is read, or all of it',
    async (before, after, first, next, expected) => {
      await client.query(`DROP TABLE IF EXISTS turned; CREATE TABLE turned (c ${before});
      INSERT INTO turned VALUES (${first.map((value) => `'${value}'`).join('), (')})`)
      const stream = streamOf('turned', { syncMode: 'incremental', cursorField: ['c'], asText: ['c'] })
      const { states } = await readStream(sourcePostgres, server, stream)
      await client.query(`INSERT INTO turned VALUES ('${next}'); ALTER TABLE turned ALTER c TYPE ${after}`)
      const { rows } = await readStream(sourcePostgres, server, stream, states.at(-1))
      expect(rows.map(({ c }) => c).sort()).toEqual(expected)
    },
  )

  it('a column that is declared NOT NULL and yet may have NULL is nullable', async () => {
    await client.query(`CREATE TABLE unproven (id int); INSERT INTO unproven VALUES (NULL);
      ALTER TABLE unproven ADD CONSTRAINT later NOT NULL id NOT VALID; CREATE TABLE proven (id int NOT NULL)`)
    expect((await readStream(sourcePostgres, server, streamOf('unproven'))).fields).toMatchObject([{ nullable: true }])
    expect((await readStream(sourcePostgres, server, streamOf('proven'))).fields).toMatchObject([{ nullable: false }])
  })

  it.each([
    ['changed', 'ALTER TABLE changed ALTER v TYPE bigint'],
    ['changed', 'DROP TABLE changed; CREATE TABLE changed (v int)'],
    ['changed', 'ALTER TABLE changed RENAME TO gone; CREATE TABLE changed AS SELECT 2::bigint AS v'],
    ['changed_whole', 'TRUNCATE changed'],
    ['changed_view', 'TRUNCATE changed'],
  ])('what happens to a table before its turn is no silent loss for %s: %s', async (name, change) => {
    await client.query(`DROP TABLE IF EXISTS changed, changed_whole, gone CASCADE; CREATE TABLE changed_whole (v int);
      CREATE TABLE changed (v int) ${name === 'changed_whole' ? 'INHERITS (changed_whole)' : ''}; INSERT INTO changed VALUES (1);
      ${name === 'changed_view' ? 'CREATE VIEW changed_view AS SELECT v FROM changed' : ''}`)
    const { signal } = new AbortController()
    await using open = await sourcePostgres.open(sourcePostgres.parseConfig(server), signal)
    await client.query(change)
    await expect(open.read(streamOf(name), undefined, signal)).rejects.toMatchObject({
      code: 'connector_transient',
      message: expect.stringContaining(`public.${name} was replaced, emptied or rewritten`),
    })
  })

  it('the fix that the server itself knows is told', async () => {
    await client.query('CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS a WITH NO DATA')
    await expect(readStream(sourcePostgres, server, streamOf('unfilled'))).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringMatching(/reading unfilled.*REFRESH MATERIALIZED VIEW/),
    })
  })

  it('text that is not in the encoding of its database names stream and fix', async () => {
    await client.query("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'")
    const there = new Client({ ...server, user: server.username, database: 'bytes' })
    await there.connect()
    await there.query(
      `CREATE TABLE latin AS SELECT 'ä' AS v; INSERT INTO latin VALUES (convert_from('\\xe4', 'SQL_ASCII'))`,
    )
    await there.end()
    await expect(readStream(sourcePostgres, { ...server, database: 'bytes' }, streamOf('latin'))).rejects.toMatchObject(
      {
        code: 'connector_config',
        message: expect.stringMatching(/reading latin.*not in the encoding.*0xe4.*bytea/),
      },
    )
  })

  it.each([
    ['no cursor', [], 'cursorField'],
    ['an unknown cursor', ['nope'], '"nope"'],
    ['a cursor without an order', ['doc'], 'jsonb'],
  ])("%s is the configuration's fault", async (_, cursorField, named) => {
    await client.query('CREATE TABLE IF NOT EXISTS docs (id int, doc jsonb)')
    const reading = readStream(sourcePostgres, server, streamOf('docs', { syncMode: 'incremental', cursorField }))
    await expect(reading).rejects.toMatchObject({ code: 'connector_config', message: expect.stringContaining(named) })
  })

  it('a lookback window finds rows that were committed late, and knows the rows at the last value', async () => {
    await client.query(`CREATE TABLE late (id int, at timestamptz NOT NULL);
      INSERT INTO late SELECT i, timestamptz '2024-01-01' + i * interval '1 s' FROM generate_series(1, 100) i`)
    const stream = streamOf('late', { syncMode: 'incremental', cursorField: ['at'] })
    const config = { ...server, lookback_window_seconds: 10 }
    const first = await readStream(sourcePostgres, config, stream)
    await client.query(`INSERT INTO late VALUES (1000, timestamptz '2024-01-01 00:01:31'), (1001, timestamptz '2024-01-01 00:01:40'),
      (1002, timestamptz '2024-01-01 00:01:41')`)
    const second = await readStream(sourcePostgres, config, stream, first.states.at(-1))
    const ids = second.rows.map(({ id }) => Number(id)).toSorted((a, b) => a - b)
    expect(ids).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 1000, 1001, 1002])
    expect((await readStream(sourcePostgres, server, stream, first.states.at(-1))).rows.map(({ id }) => id)).toEqual([
      1001, 1002,
    ])
  })

  it('all streams of a connection see one snapshot', async () => {
    await client.query('CREATE TABLE snapshot (id int); INSERT INTO snapshot VALUES (1)')
    const { signal } = new AbortController()
    await using open = await sourcePostgres.open(sourcePostgres.parseConfig(server), signal)
    const count = async () => {
      let rows = 0
      for await (const batch of (await open.read(streamOf('snapshot'), undefined, signal)).batches) rows += batch.rows
      return rows
    }
    expect(await count()).toBe(1)
    await client.query('INSERT INTO snapshot VALUES (2)')
    expect(await count()).toBe(1)
  })
})
