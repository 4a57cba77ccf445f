import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourcePostgres } from '../../../../lib/connectors/source-postgres/index.ts'
import { readByDuckDb } from '../../../support/duckdb.ts'
import { type RunningPostgres, startPostgres } from '../../../support/postgres.ts'
import { parquetOf, readStream, streamOf } from '../../../support/sync.ts'

/** An element type, values of it as SQL, and how Postgres and DuckDB write one (`e`) as the same text. */
interface ElementCase {
  readonly type: string
  readonly values: readonly string[]
  readonly duckDbType: string
  readonly postgres?: string
  readonly duckdb?: string
}

const micros = `(extract(epoch FROM e) * 1000000)::numeric(40, 0)::text`

const elementCases: readonly ElementCase[] = [
  { type: 'boolean', values: ['true', 'false'], duckDbType: 'BOOLEAN' },
  { type: 'smallint', values: ['-32768', '32767'], duckDbType: 'INTEGER' },
  { type: 'integer', values: ['-2147483648', '2147483647'], duckDbType: 'INTEGER' },
  { type: 'bigint', values: ['-9223372036854775808', '9223372036854775807'], duckDbType: 'BIGINT' },
  { type: 'oid', values: ['4294967295'], duckDbType: 'BIGINT' },
  {
    type: 'real',
    values: ["'-0'", '1e-45', "'NaN'", "'-Infinity'", '0.1'],
    duckDbType: 'FLOAT',
    postgres: "replace(e::float8::text, 'Infinity', 'inf')",
    duckdb: `replace(regexp_replace(e::DOUBLE::VARCHAR, '\\.0$', ''), 'nan', 'NaN')`,
  },
  {
    type: 'double precision',
    values: ["'-0'", '5e-324', "'NaN'", "'Infinity'", '1.7976931348623157e308'],
    duckDbType: 'DOUBLE',
    postgres: "replace(e::text, 'Infinity', 'inf')",
    duckdb: `replace(regexp_replace(e::VARCHAR, '\\.0$', ''), 'nan', 'NaN')`,
  },
  { type: 'numeric(12,2)', values: ['-1234567890.12', '0', '9999999999.99'], duckDbType: 'DECIMAL(12,2)' },
  {
    type: 'numeric(38,10)',
    values: ['-9999999999999999999999999999.9999999999', '1e20'],
    duckDbType: 'DECIMAL(38,10)',
  },
  {
    type: 'text',
    values: ["''", "'NULL'", `E'a"b,{c}\\\\ \\n'`, "repeat('Größe 🎉', 100000)"],
    duckDbType: 'VARCHAR',
  },
  { type: 'varchar(10)', values: ["'0123456789'"], duckDbType: 'VARCHAR' },
  { type: 'char(5)', values: ["'ab'"], duckDbType: 'VARCHAR', postgres: 'rpad(e::text, 5)' },
  { type: 'json', values: [`'{"b": 1,  "a": [1e400]}'`, "'null'"], duckDbType: 'JSON' },
  { type: 'jsonb', values: [`'{"b": 1}'`, "'123456789012345678901234567890'"], duckDbType: 'JSON' },
  {
    type: 'bytea',
    values: ["''", "'\\x00ff00'"],
    duckDbType: 'BLOB',
    postgres: `encode(e, 'hex')`,
    duckdb: 'lower(hex(e))',
  },
  { type: 'uuid', values: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"], duckDbType: 'UUID' },
  { type: 'date', values: ["'0001-01-01'", "'2024-02-29'"], duckDbType: 'DATE' },
  {
    type: 'time',
    values: ["'24:00'", "'23:59:59.999999'"],
    duckDbType: 'TIME',
    postgres: micros,
    duckdb: 'epoch_us(e)::VARCHAR',
  },
  {
    type: 'timestamp',
    values: ["'0001-01-01'", "'294247-01-10 04:00:54.775806'", "'1969-12-31 23:59:59.999999'"],
    duckDbType: 'TIMESTAMP',
    postgres: micros,
    duckdb: 'epoch_us(e)::VARCHAR',
  },
  {
    type: 'timestamptz',
    values: ["'2024-02-29 12:34:56.123456-08'"],
    duckDbType: 'TIMESTAMP WITH TIME ZONE',
    postgres: micros,
    duckdb: 'epoch_us(e)::VARCHAR',
  },
]

/** Arrays that no list holds, as they are declared, written and told in the changes. */
const leftOut: readonly (readonly [type: string, literal: string, told: string])[] = [
  ['integer', '{{1,2},{3,NULL}}', '{{1,2},{3,NULL}}'],
  ['integer', '[0:1]={5,6}', '[0:1]={5,6}'],
  ['integer', '[2:2][0:1]={{7,8}}', '[2:2][0:1]={{7,8}}'],
  ['timestamp', '{2024-01-01,infinity}', '{"2024-01-01 00:00:00.000000",infinity}'],
  ['date', '{2024-01-01,"0044-03-15 BC"}', '{2024-01-01,"0044-03-15 BC"}'],
  ['numeric(12,2)', '{1.50,NaN}', '{1.50,NaN}'],
  ['text', '{{a,"b,c"},{"","NULL"},{"q\\"\\\\",NULL}}', '{{a,"b,c"},{"","NULL"},{"q\\"\\\\",NULL}}'],
  ['bytea', '{{"\\\\x00ff"}}', '{{"\\\\x00ff"}}'],
  ['boolean', '{{t},{f}}', '{{t},{f}}'],
  ['real', '{{0.1},{-0}}', '{{0.1},{-0}}'],
  ['double precision', '{{5e-324},{NaN}}', '{{5e-324},{NaN}}'],
  ['uuid', '{{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}}', '{{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}}'],
  ['jsonb', '{{"{\\"a\\": 1}"}}', '{{"{\\"a\\": 1}"}}'],
]

describe('Postgres arrays as lists', () => {
  let server: RunningPostgres
  let client: Client

  beforeAll(async () => {
    server = await startPostgres()
    client = new Client({ ...server, user: server.username })
    await client.connect()
    await client.query(`SET TimeZone = 'UTC'; SET extra_float_digits = 1; CREATE TYPE mood AS ENUM ('sad');
      CREATE TYPE pair AS (number int); CREATE DOMAIN positive AS int; CREATE DOMAIN tags AS text[]; CREATE DOMAIN grid AS int[][]`)
  })

  afterAll(async () => {
    await client?.end()
    await server?.stop()
  })

  const discovered = async (name: string) => {
    const config = sourcePostgres.parseConfig(server)
    const streams = await sourcePostgres.discover(config, AbortSignal.timeout(30_000))
    return streams.find((stream) => stream.name === name)?.jsonSchema as { properties: Record<string, unknown> }
  }

  it.each(elementCases.map((one, index) => ({ ...one, index })))(
    'an array of $type arrives as it is',
    async ({ index, type, values, duckDbType, postgres = 'e::text', duckdb = 'e::VARCHAR' }) => {
      const name = `list_${index}`
      const cast = values.map((value) => `CAST(${value} AS ${type})`)
      const literals = ['NULL', "'{}'", "'{NULL}'", `ARRAY[${cast.join(', ')}]`, `ARRAY[${cast[0]}, NULL, ${cast[0]}]`]
      await client.query(`CREATE TABLE ${name} (id int PRIMARY KEY, v ${type}[])`)
      for (const [id, literal] of literals.entries())
        await client.query(`INSERT INTO ${name} VALUES (${id}, ${literal})`)
      const read = await readStream(sourcePostgres, server, streamOf(name))
      expect(read.changes).toEqual([])
      const parquet = await parquetOf(read)
      const shape = 'id::text AS id, (v IS NULL)::text AS "isNull"'
      const lists = await readByDuckDb(parquet, `${shape}, len(v)::VARCHAR AS n, typeof(v) AS type`)
      const expected = await client.query(`SELECT ${shape}, cardinality(v)::text AS n FROM ${name} ORDER BY id`)
      expect(lists).toEqual(expected.rows.map((row) => ({ ...row, type: `${duckDbType}[]` })))
      const found = await readByDuckDb(
        parquet,
        `id::VARCHAR AS id, unnest([CASE WHEN e IS NOT NULL THEN ${duckdb} END FOR e IN v]) AS e`,
      )
      const elements = await client.query(`SELECT id::text, ${postgres} AS e FROM ${name},
        unnest(v) WITH ORDINALITY AS u(e, place) ORDER BY ${name}.id, place`)
      expect(found).toEqual(elements.rows)
    },
  )

  it.each(leftOut.map((one, index) => [...one, index] as const))(
    '%s[] has no place for %s: NULL, recorded with its text; asText carries it',
    async (type, literal, told, index) => {
      const name = `left_out_${index}`
      await client.query(`CREATE TABLE ${name} (id int, v ${type}[]); INSERT INTO ${name} VALUES (1, '{}'), (3, NULL)`)
      await client.query(`INSERT INTO ${name} VALUES (2, $1)`, [literal])
      const read = await readStream(sourcePostgres, server, streamOf(name))
      expect(read.rows).toEqual([
        { id: 1, v: [] },
        { id: 3, v: null },
        { id: 2, v: null },
      ])
      expect(read.changes).toEqual([
        { row: 2, field: 'v', change: 'NULLED', reason: 'SOURCE_SERIALIZATION_ERROR', value: told },
      ])
      const { rows } = await client.query(`SELECT v::text FROM ${name} WHERE id = 2`)
      const asText = await readStream(sourcePostgres, server, streamOf(name, { asText: ['v'] }))
      expect(asText.changes).toEqual([])
      expect(asText.rows[2]).toEqual({ id: 2, v: rows[0].v })
    },
  )

  it('what was read of a list that is then left out does not stay in the column', async () => {
    await client.query(`CREATE TABLE dropped (id int, v date[]);
      INSERT INTO dropped VALUES (1, '{2024-01-01}'), (2, '{2024-01-02,NULL,infinity}'), (3, '{2024-01-03,2024-01-04}'), (4, '{NULL,infinity}'), (5, '{NULL}')`)
    const { rows, changes } = await readStream(sourcePostgres, server, streamOf('dropped'))
    expect(rows.map(({ v }) => v)).toEqual([[19723], null, [19725, 19726], null, [null]])
    expect(changes.map(({ row }) => row)).toEqual([1, 3])
  })

  it('other arrays stay JSON: declared with several dimensions, or of types without a column of their own', async () => {
    await client.query(`CREATE TABLE others (matrix int[][], exact numeric[], wide numeric(60,5)[], moods mood[], pairs pair[], positives positive[],
      addresses inet[], names name[], vector int2vector, grid grid);
      INSERT INTO others VALUES ('{{1,2},{3,4}}', '{1.50}', '{0.00001}', '{sad}', ARRAY[ROW(1)::pair], '{1}', '{::1}', '{n}', '1 2', '{{1}}')`)
    const { fields, rows } = await readStream(sourcePostgres, server, streamOf('others'))
    expect(new Set(fields.map(({ type }) => type.kind))).toEqual(new Set(['json']))
    expect(rows).toEqual([
      {
        ...{ matrix: '[[1,2],[3,4]]', exact: '[1.50]', wide: '[0.00001]', moods: '["sad"]', pairs: '[{"number":1}]' },
        ...{ positives: '[1]', addresses: '["::1"]', names: '["n"]', vector: '[1,2]', grid: '[[1]]' },
      },
    ])
  })

  it('views, tables made by a query and domains have lists too; discover tells of the elements', async () => {
    await client.query(`CREATE TABLE base (v int[], t tags); INSERT INTO base VALUES ('{1}', '{a}');
      CREATE VIEW seen AS SELECT v, t, v || 2 AS more, ARRAY[1.50::numeric(5,2)] AS exact FROM base; CREATE TABLE made AS SELECT * FROM seen`)
    for (const name of ['seen', 'made']) {
      const { rows } = await readStream(sourcePostgres, server, streamOf(name))
      expect(rows).toEqual([{ v: [1], t: ['a'], more: [1, 2], exact: ['1.50'] }])
    }
    const integers = { type: 'array', items: { type: 'number', airbyte_type: 'integer' } }
    expect((await discovered('seen')).properties).toMatchObject({
      v: integers,
      t: { type: 'array', items: { type: 'string' } },
      more: integers,
      exact: { type: 'array', items: { type: 'number' } },
    })
  })

  it('lists travel incrementally: ties are known, columns may be left out, lists of many batches keep their order', async () => {
    await client.query(`CREATE TABLE incremental (id int PRIMARY KEY, at timestamptz, v int[], t text[]);
      INSERT INTO incremental SELECT i, timestamptz '2024-01-01' + (i / 2) * interval '1 s',
        CASE WHEN i % 5 > 0 THEN ARRAY(SELECT CASE WHEN j % 3 > 0 THEN i + j END FROM generate_series(1, i % 7) j) END,
        CASE WHEN i % 4 > 0 THEN ARRAY['t' || i] END FROM generate_series(1, 9001) i; CREATE INDEX ON incremental (at)`)
    const stream = streamOf('incremental', { syncMode: 'incremental', cursorField: ['at'] })
    const first = await readStream(sourcePostgres, server, stream)
    const { rows } = await client.query('SELECT id, v, t FROM incremental ORDER BY id')
    expect(first.batches.length).toBeGreaterThan(1)
    const found = first.rows.map(({ id, v, t }) => ({ id, v, t }))
    expect(found.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual(rows)
    const state = JSON.parse(JSON.stringify(first.states.at(-1)))
    expect((await readStream(sourcePostgres, server, stream, state)).rows).toEqual([])
    await client.query(`INSERT INTO incremental SELECT 30000, max(at), '{1,NULL}', '{}' FROM incremental`)
    const second = await readStream(sourcePostgres, server, stream, state)
    expect(second.rows).toMatchObject([{ id: 30000, v: [1, null], t: [] }])
    const only = await readStream(sourcePostgres, server, { ...stream, fields: ['v'] }, state)
    expect(only.rows).toContainEqual({ v: [1, null] })
  })

  it.each(['v', 'm'])('an array (%s) is no cursor', async (cursor) => {
    await client.query('CREATE TABLE IF NOT EXISTS no_cursor (v int[], m int[][])')
    const reading = readStream(
      sourcePostgres,
      server,
      streamOf('no_cursor', { syncMode: 'incremental', cursorField: [cursor] }),
    )
    await expect(reading).rejects.toMatchObject({ code: 'connector_config', message: expect.stringContaining(cursor) })
  })
})
