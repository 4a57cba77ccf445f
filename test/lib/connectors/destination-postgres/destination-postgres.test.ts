import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { giveBuffer } from '../../../../lib/connectors/columns/buffer-pool.ts'
import { ColumnBuilder } from '../../../../lib/connectors/columns/column-builder.ts'
import { destinationPostgres } from '../../../../lib/connectors/destination-postgres/index.ts'
import { sourcePostgres } from '../../../../lib/connectors/source-postgres/index.ts'
import { describeDestination } from '../../../conformance/destination.ts'
import { batchOf, field, int32, text, writerOf } from '../../../support/destination-postgres.ts'
import { eventually } from '../../../support/eventually.ts'
import { type RunningPostgres, startPostgres } from '../../../support/postgres.ts'
import { streamOf, sync } from '../../../support/sync.ts'

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const connected = async () => {
  const server = await startPostgres()
  const client = new Client({ ...server, user: server.username })
  await client.connect()
  await client.query("SET TimeZone = 'UTC'")
  return { server, client, config: { ...server, stop: undefined } }
}

describeDestination(destinationPostgres, async () => {
  const { server, client, config } = await connected()
  await client.query(`CREATE ROLE guest LOGIN PASSWORD 'canary-guest'; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC`)
  const guest = { ...config, username: 'guest', password: 'canary-guest' }
  return {
    config,
    broken: [
      { why: 'wrong password', config: { ...config, password: 'canary-wrong' }, pointer: '/password' },
      { why: 'unknown database', config: { ...config, database: 'nowhere' }, pointer: '/database' },
      { why: 'nothing listens', config: { ...config, port: 1 }, pointer: '/port' },
      { why: 'no such host', config: { ...config, host: 'nowhere.invalid' }, pointer: '/host' },
      { why: 'no TLS there', config: { ...config, ssl: true }, pointer: '/ssl_mode' },
      { why: 'no right to make tables', config: guest, pointer: '/schema' },
      { why: 'no right to make schemas', config: { ...guest, schema: 'new' }, pointer: '/schema' },
      { why: 'no right to make temporary tables', config: guest, pointer: '/username' },
    ],
    secrets: ['canary-wrong', 'canary-guest', server.password],
    async rows({ namespace = 'public', name }) {
      const table = `${quoted(namespace)}.${quoted(name)}`
      const exists = await client.query('SELECT to_regclass($1) IS NOT NULL AS yes', [table])
      return exists.rows[0]?.yes ? (await client.query(`SELECT * FROM ${table}`)).rows : []
    },
    async leftovers() {
      const { rows } = await client.query(
        `SELECT relname FROM pg_class WHERE relname LIKE '\\_airbyte\\_%' OR relname LIKE 'airbyte\\_%'`,
      )
      return rows.map((row) => row.relname)
    },
    async stop() {
      await client.end()
      await server.stop()
    },
  }
})

describe('destination-postgres', () => {
  let server: RunningPostgres
  let client: Client
  let config: object
  let write: ReturnType<typeof writerOf>

  beforeAll(async () => {
    ;({ server, client, config } = await connected())
    write = writerOf(config)
  })

  afterAll(async () => {
    await client?.end()
    await server?.stop()
  })

  const people = [field('id', int32), field('at', int32), field('note', text)]
  const rowsOf = async (name: string, columns = '*') =>
    (await client.query({ text: `SELECT ${columns} FROM ${quoted(name)} ORDER BY 1`, rowMode: 'array' })).rows

  it('rows carry the metadata columns of Airbyte', async () => {
    const { jobId } = await write(streamOf('meta'), people, [batchOf([[1, 1, 'a']])])
    const { rows } = await client.query('SELECT * FROM meta')
    expect(Object.keys(rows[0])).toEqual([
      '_airbyte_raw_id',
      '_airbyte_extracted_at',
      '_airbyte_meta',
      '_airbyte_generation_id',
      'id',
      'at',
      'note',
    ])
    expect(rows[0]._airbyte_raw_id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect(Math.abs(rows[0]._airbyte_extracted_at.getTime() - Date.now())).toBeLessThan(60_000)
    expect(rows[0]._airbyte_meta).toEqual({ changes: [], sync_id: jobId })
    expect(rows[0]._airbyte_generation_id).toBe('5')
  })

  it('the buffers of columns go back to the pool once they are encoded', async () => {
    const batch = batchOf(Array.from({ length: 5_000 }, (_, id) => [id, id, `note ${id}`]))
    await write(streamOf('pooled'), people, [batch])
    // False: the pool has it already.
    expect(batch.columns.map(({ values }) => giveBuffer(values))).toEqual([false, false, false])
  })

  it('dedup keeps the newest row of each key, within a sync and across syncs', async () => {
    const stream = streamOf('dedup', { destinationSyncMode: 'append_dedup', primaryKey: [['id']], cursorField: ['at'] })
    await write(stream, people, [
      batchOf([
        [1, 10, 'old'],
        [2, 10, 'two'],
        [1, 30, 'newest'],
        [1, 20, 'middle'],
      ]),
      batchOf([
        [3, null, 'no cursor'],
        [2, 10, 'two again'],
      ]),
    ])
    expect(await rowsOf('dedup', 'id, at, note')).toEqual([
      [1, 30, 'newest'],
      [2, 10, 'two again'],
      [3, null, 'no cursor'],
    ])
    await write(
      stream,
      people,
      [
        batchOf([[1, 29, 'late and older']]),
        batchOf([
          [2, 11, 'newer'],
          [3, 1, 'first'],
          [4, 1, 'new'],
        ]),
      ],
      { checkpoints: true },
    )
    expect(await rowsOf('dedup', 'id, at, note')).toEqual([
      [1, 30, 'newest'],
      [2, 11, 'newer'],
      [3, 1, 'first'],
      [4, 1, 'new'],
    ])
  })

  it('dedup knows composite keys, keys with NULL, and takes the last row where there is no cursor', async () => {
    const stream = streamOf('composite', { destinationSyncMode: 'append_dedup', primaryKey: [['id'], ['note']] })
    for (const at of [1, 2])
      await write(stream, people, [
        batchOf([
          [1, at, 'a'],
          [1, at, null],
          [1, at + 10, null],
        ]),
      ])
    expect((await rowsOf('composite', 'at, note')).sort()).toEqual([
      [12, null],
      [2, 'a'],
    ])
  })

  it('a table that was appended to has one row a key after its first dedup', async () => {
    const append = streamOf('changed')
    await write(append, people, [
      batchOf([
        [1, 1, 'a'],
        [1, 2, 'b'],
        [2, 1, 'c'],
      ]),
    ])
    const dedup = streamOf('changed', {
      destinationSyncMode: 'append_dedup',
      primaryKey: [['id']],
      cursorField: ['at'],
    })
    await write(dedup, people, [batchOf([[3, 1, 'd']])])
    expect(await rowsOf('changed', 'id, note')).toEqual([
      [1, 'b'],
      [2, 'c'],
      [3, 'd'],
    ])
  })

  it.each([
    ['no key', { primaryKey: [] }, 'no primary key'],
    ['an unknown key', { primaryKey: [['nope']] }, '"nope"'],
  ])("dedup with %s is the configuration's fault", async (_, more, message) => {
    const writing = write(streamOf('keyless', { destinationSyncMode: 'append_dedup', ...more }), people, [])
    await expect(writing).rejects.toMatchObject({ code: 'connector_config', message: expect.stringContaining(message) })
  })

  it('new columns are added and narrow ones widened; old rows keep their values', async () => {
    await write(streamOf('grows'), [field('id', int32), field('n', { kind: 'decimal', precision: 4, scale: 2 })], [])
    await client.query("INSERT INTO grows VALUES ('x', now(), '{}', 1, 7, 12.34)")
    const builders = [new ColumnBuilder(1), new ColumnBuilder(1), new ColumnBuilder(1)] as const
    builders[0].appendBigInt64(2n ** 62n)
    builders[1].appendBigInt128(-(10n ** 20n) - 1n)
    builders[2].appendText('new')
    const fields = [
      field('id', { kind: 'int64' }),
      field('n', { kind: 'decimal', precision: 30, scale: 4 }),
      field('extra', text),
    ]
    await write(streamOf('grows'), fields, [
      { rows: 1, sourceBytes: 1, columns: builders.map((builder) => builder.build()) },
    ])
    expect(await rowsOf('grows', 'id, n, extra')).toEqual([
      ['7', '12.3400', null],
      [String(2n ** 62n), '-10000000000000000.0001', 'new'],
    ])
  })

  it('a type that does not fit is refused, naming column and both types', async () => {
    await write(streamOf('conflict'), [field('id', text)], [])
    const writing = write(streamOf('conflict'), [field('id', int32)], [])
    await expect(writing).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringMatching(/"id" is text.*integer/),
    })
  })

  it('names that Postgres would cut or refuse are shortened, always alike and never to the same', async () => {
    const long = 'ä'.repeat(40)
    const names = [`${long}1`, `${long}2`, 'ctid', '_airbyte_meta', '', 'A', 'a', 'x'.repeat(63)]
    const stream = streamOf(`${long} table`, { destinationSyncMode: 'append' })
    const fields = names.map((name) => field(name, int32))
    for (const _ of [1, 2]) await write(stream, fields, [batchOf([names.map((_, index) => index)])])
    const { rows } = await client.query(
      "SELECT c.relname AS name FROM pg_class c WHERE relname LIKE 'ää%' AND relkind = 'r'",
    )
    expect(rows).toHaveLength(1)
    expect(Buffer.byteLength(rows[0].name)).toBeLessThanOrEqual(63)
    const result = await client.query({ text: `SELECT * FROM ${quoted(rows[0].name)}`, rowMode: 'array' })
    expect(result.rows.map((row) => row.slice(4))).toEqual([names.keys().toArray(), names.keys().toArray()])
    const columns = result.fields.slice(4).map(({ name }) => name)
    expect(new Set(columns).size).toBe(names.length)
    expect(columns.slice(5)).toEqual(['A', 'a', 'x'.repeat(63)])
  })

  it('what Postgres cannot hold is NULL, recorded and told', async () => {
    const fields = [field('id', int32), field('t', text), field('j', { kind: 'json' })]
    const { leftOut } = await write(streamOf('refused'), fields, [
      batchOf([
        [1, 'fine', '{"a": "\\\\u0000"}'],
        [2, 'a\0b', '{"a": "\\u0000"}'],
        [3, `${'x'.repeat(100)}\0`, '"\\ud800"'],
        [4, null, '{"\\u0000": 1}'],
        [5, 'y'.repeat(100), '"\\ud83c\\udf89"'],
      ]),
    ])
    const { rows } = await client.query(
      'SELECT id, t IS NULL AS t, j IS NULL AS j, _airbyte_meta AS meta FROM refused ORDER BY id',
    )
    expect(rows.map(({ t, j }) => [t, j])).toEqual([
      [false, false],
      [true, true],
      [true, true],
      [true, true],
      [false, false],
    ])
    const reason = 'DESTINATION_SERIALIZATION_ERROR'
    expect(rows[1].meta.changes).toEqual([
      { field: 't', change: 'NULLED', reason },
      { field: 'j', change: 'NULLED', reason },
    ])
    expect(rows[3].meta.changes).toEqual([{ field: 'j', change: 'NULLED', reason }])
    expect(rows[4].meta.changes).toEqual([])
    expect(leftOut.map(({ row, field, value }) => [row, field, value.slice(0, 12)])).toEqual([
      [1, 't', 'a\\0b'],
      [2, 't', 'xxxxxxxxxxxx'],
      [1, 'j', '{"a": "\\u000'],
      [2, 'j', '"\\ud800"'],
      [3, 'j', '{"\\u0000": 1'],
    ])
    const plain = write(streamOf('refused_plain'), fields, [batchOf([[7, 'a\0b', null]])], {
      config: { metadata_columns: false },
    })
    await expect(plain).rejects.toMatchObject({
      message: expect.stringMatching(/refused_plain, column t.*the value a\\0b/),
    })
  })

  it('changes of the source are recorded; without metadata columns the sync fails and names the row', async () => {
    const change = {
      row: 1,
      field: 'note',
      change: 'NULLED',
      reason: 'SOURCE_SERIALIZATION_ERROR',
      value: 'infinity',
    } as const
    const batch = batchOf(
      [
        [1, 1, 'a'],
        [2, 1, null],
      ],
      [change],
    )
    const stream = streamOf('changes', { primaryKey: [['id']] })
    await write(stream, people, [batch])
    const { rows } = await client.query('SELECT _airbyte_meta AS meta FROM changes ORDER BY id')
    expect(rows[1].meta.changes).toEqual([{ field: 'note', change: 'NULLED', reason: 'SOURCE_SERIALIZATION_ERROR' }])
    const plain = write({ ...stream, name: 'plain' }, people, [batch], { config: { metadata_columns: false } })
    await expect(plain).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringMatching(/plain.*note.*id = 2.*infinity/),
    })
  })

  it('the documented privileges are enough for every mode, and to make a schema', async () => {
    await client.query(`CREATE ROLE least LOGIN PASSWORD 'least'; CREATE ROLE maker LOGIN PASSWORD 'maker'; CREATE SCHEMA tight;
      REVOKE ALL ON DATABASE postgres FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC;
      GRANT CONNECT, TEMPORARY ON DATABASE postgres TO least; GRANT USAGE, CREATE ON SCHEMA tight TO least;
      GRANT CONNECT, TEMPORARY, CREATE ON DATABASE postgres TO maker`)
    for (const [role, schema] of [
      ['least', 'tight'],
      ['maker', 'made'],
    ] as const) {
      const limited = { config: { username: role, password: role, schema } }
      const parsed = destinationPostgres.parseConfig({ ...config, ...limited.config })
      expect(await destinationPostgres.check(parsed, AbortSignal.timeout(10_000))).toEqual([])
      for (const destinationSyncMode of ['append', 'overwrite', 'append_dedup'] as const) {
        const name = `by_${destinationSyncMode}`
        const stream = streamOf(name, {
          namespace: schema,
          primaryKey: [['id']],
          cursorField: ['at'],
          destinationSyncMode,
        })
        for (const id of [1, 2]) await write(stream, people, [batchOf([[id, 1, 'a']])], limited)
        const { rows } = await client.query(
          `SELECT count(*)::int AS n, (SELECT tableowner FROM pg_tables WHERE tablename = '${name}' AND schemaname = '${schema}') AS owner
            FROM ${schema}.${name}`,
        )
        expect(rows, name).toEqual([{ n: destinationSyncMode === 'overwrite' ? 1 : 2, owner: role }])
      }
    }
  })

  it('a table without any column keeps its rows, also where a view stands on it', async () => {
    const stream = streamOf('columnless', { destinationSyncMode: 'overwrite' })
    const config = { metadata_columns: false }
    for (const rows of [3, 2]) {
      await write(stream, [], [{ rows, sourceBytes: 1, columns: [] }], { config })
      const { rows: found } = await client.query('SELECT count(*)::int AS rows FROM columnless')
      expect(found).toEqual([{ rows }])
      await client.query('CREATE OR REPLACE VIEW columnless_viewer AS SELECT count(*) FROM columnless')
    }
  })

  it('a table wider than Postgres allows is refused, and the connection is given up', async () => {
    const tooMany = Array.from({ length: 1_600 }, (_, index) => field(`c${index}`, int32))
    await expect(write(streamOf('too_wide'), tooMany, [])).rejects.toMatchObject({ code: 'connector_config' })
    const open = `SELECT FROM pg_stat_activity WHERE application_name = 'airbyte-ingestion'`
    await eventually(async () => ((await client.query(open)).rowCount === 0 ? true : undefined))
  })

  it('every type that the Postgres source reads arrives as it was', async () => {
    await client.query(`CREATE SCHEMA origin; CREATE TABLE origin.types (id int PRIMARY KEY, b bool, i2 int2, i8 int8, f4 float4, f8 float8,
      n0 numeric(18,0), n2 numeric(12,2), n5 numeric(5,5), n7 numeric(38,7), n10 numeric(38,10), d date, t time, ts timestamp, tz timestamptz, u uuid,
      tx text, j jsonb, by bytea, raw numeric, iv interval, ar int[]);
      INSERT INTO origin.types VALUES
      (1, true, -32768, -9223372036854775808, '-Infinity', 5e-324, -999999999999999999, -9999999999.99, 0.00001, -0.0000001, 9999999999999999999999999999.9999999999,
       '0001-01-01', '24:00', '0001-01-01', '9999-12-31 23:59:59.999999+00', '123e4567-e89b-12d3-a456-426655440000', 'äö😀', '{"a": [1e400, null]}', '\\x00ff', 1e-24, '1 mon', '{1,NULL}'),
      (2, false, 32767, 9223372036854775807, 'NaN', '-0', 9007199254740993, 0, -0.99999, 1234567890123456789012345678901.1234567, -0.0000000001,
       '5874897-12-31', '00:00:00.000001', '294247-01-10 04:00:54.775806', '1969-12-31 23:59:59.999999+00', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '', '"x"', '', 'NaN', '-3 days', '{}'),
      (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
      (4, true, 0, 4294967296, 3.4028235e38, 1.7976931348623157e308, 10000, 100000000, 0.1234, 10000, 100000000,
       '1999-12-31', '12:00', '1999-12-31 23:59:59.999999', '2000-01-01+00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', repeat('long text ', 100000), 'null', '\\xdeadbeef', 12345678901234567890.5, '0', NULL);
      INSERT INTO origin.types (id, n2, i8, ts) SELECT i, i * 12.34 - 3000, i::int8 * 123456789, timestamp '1990-01-01' + i * interval '1 day 1 microsecond' FROM generate_series(5, 20000) i`)
    for (const destinationSyncMode of ['append', 'overwrite', 'append_dedup'] as const) {
      const stream = streamOf('types', { namespace: 'origin', destinationSyncMode, primaryKey: [['id']] })
      const destination = { connector: destinationPostgres, config }
      // The table must not be its own source.
      const copy = {
        ...destinationPostgres,
        open: async (...given: Parameters<typeof destinationPostgres.open>) => {
          const open = await destinationPostgres.open(...given)
          return {
            ...open,
            openStream: (target, signal) => open.openStream({ ...target, namespace: destinationSyncMode }, signal),
          } as typeof open
        },
      }
      await sync({
        source: { connector: sourcePostgres, config: { ...config, schemas: ['origin'] } },
        destination: { ...destination, connector: copy },
        stream,
      })
      const names = (
        await client.query("SELECT attname FROM pg_attribute WHERE attrelid = 'origin.types'::regclass AND attnum > 0")
      ).rows
      // Arrays travel as JSON.
      const columns = (array: string) =>
        names.map(({ attname }) => (attname === 'ar' ? array : `${attname}::text`)).join(', ')
      const [from, to] = [
        `SELECT ${columns('to_jsonb(ar)::text')} FROM origin.types`,
        `SELECT ${columns('ar::text')} FROM ${destinationSyncMode}.types`,
      ]
      const { rows } = await client.query(`(${from} EXCEPT ALL ${to}) UNION ALL (${to} EXCEPT ALL ${from})`)
      expect(rows).toEqual([])
    }
  })
})
