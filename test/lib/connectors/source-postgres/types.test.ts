import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourcePostgres } from '../../../../lib/connectors/source-postgres/index.ts'
import { readByDuckDb } from '../../../support/duckdb.ts'
import { type RunningPostgres, startPostgres } from '../../../support/postgres.ts'
import { parquetOf, readStream, streamOf } from '../../../support/sync.ts'

/**
 * Each type: its declaration, values as SQL, and how Postgres and DuckDB write one as the same text. In DuckDB a
 * microsecond count is what stands in the file; in Postgres it is computed from the value's own parts.
 */
interface TypeCase {
  readonly type: string
  readonly values: readonly string[]
  readonly postgres?: string
  readonly duckdb?: string
  /** How many of the values have no place in the column: NULL, and recorded. */
  readonly leftOut?: number
}

const micros = `(extract(epoch FROM v) * 1000000)::numeric(40, 0)::text`
const days = `(v - date '1970-01-01')::text`
const hex = { postgres: `encode(v, 'hex')`, duckdb: 'lower(hex(v))' }
const asIs = { postgres: 'v::text', duckdb: 'v::VARCHAR' }

const cases: readonly TypeCase[] = [
  { type: 'boolean', values: ['true', 'false'] },
  { type: 'smallint', values: ['-32768', '32767', '0'] },
  { type: 'integer', values: ['-2147483648', '2147483647', '0'] },
  { type: 'bigint', values: ['-9223372036854775808', '9223372036854775807', '-1', '0', '4294967295', '4294967296'] },
  { type: 'oid', values: ["'4294967295'", "'0'"] },
  {
    type: 'real',
    values: ["'-0'", '1e-45', '3.4028235e38', "'NaN'", "'Infinity'", "'-Infinity'", '0.1'],
    postgres: 'v::float8::text',
    duckdb: 'v::DOUBLE::VARCHAR',
  },
  {
    type: 'double precision',
    values: ["'-0'", '5e-324', '1.7976931348623157e308', "'NaN'", "'Infinity'", '0.1'],
  },
  { type: 'numeric(12,2)', values: ['-0.01', '9999999999.99', '-9999999999.99', '0', '1234.5', "'NaN'"], leftOut: 1 },
  { type: 'numeric(18,0)', values: ['999999999999999999', '-999999999999999999', '9007199254740993', '10000'] },
  { type: 'numeric(18,18)', values: ['0.999999999999999999', '-0.000000000000000001', '0'] },
  { type: 'numeric(5,3)', values: ['99.999', '-0.001', '10'] },
  {
    type: 'numeric(38,10)',
    values: [
      '9999999999999999999999999999.9999999999',
      '-9999999999999999999999999999.9999999999',
      '0.0000000001',
      '1e20',
      '-1',
    ],
  },
  { type: 'numeric(38,0)', values: ['99999999999999999999999999999999999999', '-1', '0'] },
  { type: 'numeric(3,-2)', values: ['99900', '-100', '0'] },
  { type: 'numeric(2,4)', values: ['0.0099', '-0.0001', '0'] },
  { type: 'numeric(60,5)', values: [`1${'0'.repeat(50)}`, '0.00001'] },
  { type: 'numeric', values: ['1e-24', '123456789012345678901234567890.123456789', "'NaN'", "'Infinity'", '1.50'] },
  { type: 'money', values: ['-12.34', '92233720368547758.07'] },
  {
    type: 'text',
    values: [
      "''",
      "E'line\\nbreak\\r\\n\\ttab \\\\N \"quote\" \\'\\''",
      "'ünï 🎉 漢字'",
      "repeat('x', 1048576)",
      "'\\N'",
    ],
  },
  { type: 'varchar(10)', values: ["'0123456789'", "''"] },
  { type: 'char(5)', values: ["'ab'", "''"], postgres: 'rpad(v::text, 5)' },
  { type: '"char"', values: ["'x'"] },
  { type: 'name', values: [`repeat('n', 63)::name`] },
  { type: 'bytea', values: ["''", "'\\x00ff00'", "'\\xdeadbeef'"], ...hex },
  {
    type: 'uuid',
    values: [
      "'00000000-0000-0000-0000-000000000000'",
      "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
      "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
    ],
  },
  { type: 'json', values: [`'{"b": 1,  "a": [1e400, null]}'`, "'null'", `'"text"'`] },
  { type: 'jsonb', values: [`'{"b": 1, "a": 1e400}'`, "'null'", "'123456789012345678901234567890'"] },
  {
    type: 'date',
    values: [
      "'0001-01-01'",
      "'5874897-12-31'",
      "'1969-12-31'",
      "'2024-02-29'",
      "'infinity'",
      "'-infinity'",
      "'0044-03-15 BC'",
    ],
    postgres: `CASE WHEN isfinite(v) AND v >= '0001-01-01' THEN ${days} END`,
    duckdb: `date_diff('day', DATE '1970-01-01', v)::VARCHAR`,
    leftOut: 3,
  },
  {
    type: 'time',
    values: ["'00:00'", "'24:00'", "'23:59:59.999999'"],
    postgres: micros,
    duckdb: 'epoch_us(v)::VARCHAR',
  },
  { type: 'time(0) with time zone', values: ["'24:00+15:59'", "'00:00-08'"] },
  {
    type: 'timestamp',
    values: [
      "'0001-01-01'",
      "'294247-01-10 04:00:54.775806'",
      "'1969-12-31 23:59:59.999999'",
      "'2024-02-29 12:34:56.123456'",
      "'0044-03-15 BC'",
      "'infinity'",
      "'-infinity'",
      "'294276-12-31'",
      "'1684-01-01 00:00:00.000001'",
    ],
    postgres: `CASE WHEN isfinite(v) AND v BETWEEN '0001-01-01' AND '294247-01-10 04:00:54.775806' THEN ${micros} END`,
    duckdb: 'epoch_us(v)::VARCHAR',
    leftOut: 4,
  },
  {
    type: 'timestamptz',
    values: [
      "'0001-01-01+00'",
      "'294247-01-10 04:00:54.775806+00'",
      "'2024-02-29 12:34:56.123456-08'",
      "'0044-03-15 BC'",
      "'infinity'",
    ],
    postgres: `CASE WHEN isfinite(v) AND v >= '0001-01-01+00' THEN ${micros} END`,
    duckdb: 'epoch_us(v)::VARCHAR',
    leftOut: 2,
  },
  { type: 'interval', values: ["'1 year 2 mons -3 days 04:05:06.789'", "'00:00'", "'-178000000 years'"] },
  { type: 'bit(3)', values: ["B'101'"] },
  { type: 'varbit', values: ["B''", "B'1011'"] },
  { type: 'inet', values: ["'10.0.0.1/8'", "'::1'"] },
  { type: 'cidr', values: ["'10.0.0.0/8'"] },
  { type: 'macaddr', values: ["'08:00:2b:01:02:03'"] },
  { type: 'point', values: ["'(1.5,-2)'"] },
  { type: 'int4range', values: ["'[1,10)'", "'empty'", "'(,)'"] },
  { type: 'tstzmultirange', values: ["'{}'", "'{[2024-01-01,2024-02-01)}'"] },
  { type: 'tsvector', values: ["'a fat cat'::tsvector"] },
  { type: 'xml', values: ['\'<a b="1">x</a>\''] },
  { type: 'pg_lsn', values: ["'16/B374D848'"] },
  { type: 'mood', values: ["'sad'", "'very happy'"] },
  { type: 'pair', values: ["ROW(1, 'a,b')", 'ROW(NULL, NULL)'] },
  { type: 'positive', values: ['1', '9223372036854775807'] },
  { type: 'price', values: ['1.50', '-99999999.99'] },
  // Arrays of other types are lists: see lists.test.ts.
  { type: 'integer[][]', values: ["'{}'", "'{1,NULL,-2147483648}'", "'{{1,2},{3,4}}'"], postgres: 'to_json(v)::text' },
  { type: 'mood[]', values: ['\'{sad,"very happy",NULL}\''], postgres: 'to_json(v)::text' },
  { type: 'numeric[]', values: ["'{1.50,123456789012345678901234567890}'"], postgres: 'to_json(v)::text' },
]

describe('every Postgres type', () => {
  let server: RunningPostgres
  let client: Client

  beforeAll(async () => {
    server = await startPostgres()
    client = new Client({ ...server, user: server.username })
    await client.connect()
    await client.query(`SET TimeZone = 'UTC'; SET extra_float_digits = 1;
      CREATE TYPE mood AS ENUM ('sad', 'very happy'); CREATE TYPE pair AS (number int, word text);
      CREATE DOMAIN positive AS bigint CHECK (VALUE > 0);
      CREATE DOMAIN price_base AS numeric(10,2); CREATE DOMAIN price AS price_base`)
    for (const [index, { type, values }] of cases.entries()) {
      await client.query(`CREATE TABLE type_${index} (id int PRIMARY KEY, v ${type})`)
      for (const [id, value] of ['NULL', ...values].entries()) {
        await client.query(`INSERT INTO type_${index} VALUES (${id}, ${value})`)
      }
    }
  })

  afterAll(async () => {
    await client?.end()
    await server?.stop()
  })

  it.each(cases.map((one, index) => ({ ...one, index })))(
    '$type arrives as it is',
    async ({ index, type, postgres, duckdb, leftOut = 0 }) => {
      const read = await readStream(sourcePostgres, server, streamOf(`type_${index}`))
      const parquet = await parquetOf(read)
      const found = (await readByDuckDb(parquet, `id::VARCHAR AS id, ${duckdb ?? asIs.duckdb} AS v`)).sort(byId)
      const expected = await client.query<{ id: string; v: string | null }>(
        `SELECT id::text, ${postgres ?? asIs.postgres} AS v FROM type_${index} ORDER BY id`,
      )
      const rows = expected.rows.map((row) => ({ id: row.id, v: leftOut > 0 && row.v === 'NaN' ? null : row.v }))
      const float = type === 'real' || type === 'double precision'
      expect(found.map(alike(float))).toEqual(rows.map(alike(float)))
      expect(read.changes).toHaveLength(leftOut)
    },
  )

  it('a value that its column cannot hold is recorded with its text', async () => {
    const index = cases.findIndex((one) => one.type === 'timestamp')
    const read = await readStream(sourcePostgres, server, streamOf(`type_${index}`))
    expect(read.changes.map(({ row, field, value }) => ({ row, field, value }))).toEqual([
      { row: 5, field: 'v', value: '0044-03-15 00:00:00.000000 BC' },
      { row: 6, field: 'v', value: 'infinity' },
      { row: 7, field: 'v', value: '-infinity' },
      { row: 8, field: 'v', value: '294276-12-31 00:00:00.000000' },
    ])
  })

  it('asText carries such a column exactly', async () => {
    const index = cases.findIndex((one) => one.type === 'timestamp')
    const read = await readStream(sourcePostgres, server, streamOf(`type_${index}`, { asText: ['v'] }))
    expect(read.rows.slice(5).map((row) => row.v)).toEqual([
      '0044-03-15 00:00:00 BC',
      'infinity',
      '-infinity',
      '294276-12-31 00:00:00',
      '1684-01-01 00:00:00.000001',
    ])
    expect(read.changes).toEqual([])
  })
})

const byId = (a: { id?: string | null }, b: { id?: string | null }): number => Number(a.id) - Number(b.id)

/** The two spell floats and decimals below one in their own ways. */
const alike =
  (float: boolean) =>
  ({ id, v }: { id?: string | null; v?: string | null }) => {
    if (typeof v !== 'string') return { id, v: null }
    return { id, v: float ? Number(v.replace(/^(-?)inf$/, '$1Infinity')) : v.replace(/^(-?)\./, '$10.') }
  }
