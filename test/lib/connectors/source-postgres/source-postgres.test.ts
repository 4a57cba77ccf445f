import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourcePostgres } from '../../../../lib/connectors/source-postgres/index.ts'
import { describeSource } from '../../../conformance/source.ts'
import { readByDuckDb } from '../../../support/duckdb.ts'
import { type RunningPostgres, startPostgres } from '../../../support/postgres.ts'
import { parquetOf, readStream, streamOf } from '../../../support/sync.ts'

const rowCount = 20_000
/** Pairs of rows share a cursor value, so that batches end inside ties. */
const table = (name: string, more = '') => `
  CREATE TABLE ${name} (id int PRIMARY KEY, updated_at timestamptz, note text);
  INSERT INTO ${name} SELECT i, timestamptz '2024-01-01' + (i / 2) * interval '1 second', 'note ' || i FROM generate_series(1, ${rowCount}) i;
  ${more}`

const start = (indexed: boolean) => async () => {
  const server = await startPostgres()
  const client = new Client({ ...server, user: server.username })
  await client.connect()
  await client.query(table('events', indexed ? 'CREATE INDEX ON events (updated_at); ANALYZE events' : ''))
  await client.query(`CREATE ROLE reader LOGIN PASSWORD 'canary-reader'; CREATE SCHEMA hidden; CREATE SCHEMA empty;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA empty TO reader`)
  const config = { ...server, stop: undefined }
  const incremental = streamOf('events', { syncMode: 'incremental', cursorField: ['updated_at'] })
  return {
    config,
    broken: [
      { why: 'wrong password', config: { ...config, password: 'canary-wrong' }, pointer: '/password' },
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

  const discovered = async (schemas: readonly string[] = ['public']) => {
    const config = sourcePostgres.parseConfig({ ...server, schemas })
    return await sourcePostgres.discover(config, AbortSignal.timeout(30_000))
  }

  it.each([
    ['quotes and dots', 'a"b.c\'d'],
    ['spaces and capitals', 'My Table  '],
    ['emoji', 'täble 🎉'],
    ['SQL', 'x"; DROP TABLE y; --'],
    ['a prototype key', '__proto__'],
    ['63 bytes', 'n'.repeat(63)],
    ['a percent and a backslash', '100%\\n'],
  ])('names with %s are names like others', async (_, name) => {
    const quoted = `"${name.replaceAll('"', '""')}"`
    await client.query(`CREATE SCHEMA ${quoted}; CREATE TABLE ${quoted}.${quoted} (id int PRIMARY KEY, ${quoted} text)`)
    await client.query(`INSERT INTO ${quoted}.${quoted} VALUES (1, 'one'), (2, NULL)`)
    const [stream] = await discovered([name])
    expect(stream).toMatchObject({ name, namespace: name, sourceDefinedPrimaryKey: [['id']] })
    const { properties = {} } = (stream?.jsonSchema ?? {}) as { properties?: object }
    expect(Object.keys(properties)).toContain(name)
    const read = await readStream(
      sourcePostgres,
      server,
      streamOf(name, { namespace: name, syncMode: 'incremental', cursorField: [name] }),
    )
    expect(read.batches.reduce((rows, batch) => rows + batch.rows, 0)).toBe(2)
    expect(read.states.at(-1)).toMatchObject({ cursorField: name, cursor: 'one' })
    expect(await readByDuckDb(await parquetOf(read), 'count(*) AS n')).toEqual([{ n: '2' }])
  })

  it('tables without rows, without columns and with 500 columns are read', async () => {
    const many = Array.from({ length: 500 }, (_, index) => `c${index} int DEFAULT ${index}`).join(', ')
    await client.query(`CREATE TABLE no_rows (id int); CREATE TABLE no_columns (); INSERT INTO no_columns DEFAULT VALUES;
      CREATE TABLE wide (${many}); INSERT INTO wide DEFAULT VALUES`)
    expect((await readStream(sourcePostgres, server, streamOf('no_rows'))).rows).toEqual([])
    const empty = await readStream(
      sourcePostgres,
      server,
      streamOf('no_rows', { syncMode: 'incremental', cursorField: ['id'] }),
    )
    expect(empty.states.at(-1)).toMatchObject({ cursor: null, complete: true })
    expect((await readStream(sourcePostgres, server, streamOf('no_columns'))).rows).toEqual([{}])
    const wide = await readStream(sourcePostgres, server, streamOf('wide'))
    expect(Object.values(wide.rows[0] ?? {})).toEqual(Array.from({ length: 500 }, (_, index) => index))
  })

  it('partitions are read through their parent; views, generated columns and composite keys too', async () => {
    await client.query(`
      CREATE TABLE parts (region text, id int, total int GENERATED ALWAYS AS (id * 2) STORED, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
      CREATE TABLE parts_eu PARTITION OF parts FOR VALUES IN ('eu'); CREATE TABLE parts_us PARTITION OF parts FOR VALUES IN ('us');
      INSERT INTO parts VALUES ('eu', 1), ('us', 2); CREATE VIEW seen AS SELECT id, total FROM parts;
      CREATE MATERIALIZED VIEW stored AS SELECT id FROM parts`)
    const streams = await discovered()
    const names = streams.map((stream) => stream.name)
    expect(names).toEqual(expect.arrayContaining(['parts', 'seen', 'stored']))
    expect(names).not.toContain('parts_eu')
    expect(streams.find((stream) => stream.name === 'parts')?.sourceDefinedPrimaryKey).toEqual([['region'], ['id']])
    for (const name of ['parts', 'seen', 'stored']) {
      expect((await readStream(sourcePostgres, server, streamOf(name))).rows).toHaveLength(2)
    }
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
