import type { Connection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourceMysql } from '../../../../lib/connectors/source-mysql/index.ts'
import { readByDuckDb } from '../../../support/duckdb.ts'
import { hasMariaDb, type MariaDb, startMariaDb } from '../../../support/mariadb.ts'
import { parquetOf, readStream, streamOf } from '../../../support/sync.ts'

/** Each type: its declaration, values as SQL, and how MariaDB and DuckDB write one as the same text. */
interface TypeCase {
  readonly type: string
  readonly values: readonly string[]
  readonly mariadb?: string
  readonly duckdb?: string
  /** How many of the values have no place in the column: NULL, and recorded. */
  readonly leftOut?: number
  readonly isFloat?: true
}

const hex = { mariadb: 'HEX(v)', duckdb: 'hex(v)' }
const micros = {
  mariadb: "CASE WHEN v > '0000-01-01' THEN CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', v) AS CHAR) END",
  duckdb: 'epoch_us(v)::VARCHAR',
}

const cases: readonly TypeCase[] = [
  { type: 'tinyint', values: ['-128', '127', '0'] },
  { type: 'tinyint(1)', values: ['-128', '127', '2', 'true'] },
  { type: 'tinyint unsigned', values: ['255', '0'] },
  { type: 'smallint', values: ['-32768', '32767'] },
  { type: 'smallint unsigned', values: ['65535'] },
  { type: 'mediumint', values: ['-8388608', '8388607'] },
  { type: 'mediumint unsigned', values: ['16777215'] },
  { type: 'int', values: ['-2147483648', '2147483647'] },
  { type: 'int unsigned', values: ['4294967295', '0'] },
  { type: 'int(8) zerofill', values: ['42'], mariadb: 'CAST(v + 0 AS CHAR)' },
  { type: 'bigint', values: ['-9223372036854775808', '9223372036854775807', '-1', '4294967296', '9007199254740993'] },
  { type: 'bigint unsigned', values: ['18446744073709551615', '9223372036854775808', '0'] },
  { type: 'decimal(12,2)', values: ['-0.01', '9999999999.99', '-9999999999.99', '0'] },
  { type: 'decimal(18,0)', values: ['999999999999999999', '-999999999999999999'] },
  { type: 'decimal(18,18)', values: ['0.999999999999999999', '-0.000000000000000001'] },
  { type: 'decimal(38,10)', values: ['9999999999999999999999999999.9999999999', '-0.0000000001'] },
  { type: 'decimal(65,30)', values: [`${'9'.repeat(35)}.${'9'.repeat(30)}`, '-0.000000000000000000000000000001'] },
  { type: 'decimal(10,2) unsigned zerofill', values: ['1.50'], mariadb: 'CAST(v + 0 AS CHAR)' },
  // 16777217 is no FLOAT; its neighbours need all eight digits.
  {
    type: 'float',
    values: ['16777216', '-16777215', '3.402823466e38', '1.401298464e-45', '0.1', '-0e0'],
    mariadb: 'CAST(v * 1e0 AS CHAR)',
    duckdb: 'v::DOUBLE::VARCHAR',
    isFloat: true,
  },
  { type: 'double', values: ['1.7976931348623157e308', '5e-324', '0.1', '0.30000000000000004', '-0e0'], isFloat: true },
  { type: 'double(10,2)', values: ['12345678.91', '-0.01'], mariadb: 'CAST(v * 1e0 AS CHAR)', isFloat: true },
  { type: 'bit(1)', values: ["b'1'", "b'0'"], mariadb: "CASE v WHEN 1 THEN 'true' WHEN 0 THEN 'false' END" },
  { type: 'bit(9)', values: ["b'100000001'", "b'0'"], mariadb: "LPAD(HEX(v), 4, '0')", duckdb: 'hex(v)' },
  {
    type: 'bit(64)',
    values: ["b'1111111111111111111111111111111111111111111111111111111111111111'"],
    mariadb: 'HEX(v)',
    duckdb: 'hex(v)',
  },
  { type: 'year', values: ['1901', '2155', '0'], mariadb: 'CAST(v + 0 AS CHAR)' },
  {
    type: 'date',
    values: ["'1000-01-01'", "'9999-12-31'", "'0001-01-01'", "'2024-02-29'", "'0000-00-00'", "'2024-00-15'"],
    mariadb: 'CASE WHEN MONTH(v) > 0 THEN CAST(v AS CHAR) END',
    leftOut: 2,
  },
  {
    type: 'datetime',
    values: ["'9999-12-31 23:59:59'", "'1969-12-31 23:59:59'", "'0000-00-00 00:00:00'"],
    ...micros,
    leftOut: 1,
  },
  { type: 'datetime(3)', values: ["'2024-02-29 12:34:56.789'"], ...micros },
  {
    type: 'datetime(6)',
    values: [
      "'9999-12-31 23:59:59.999999'",
      "'1969-12-31 23:59:59.999999'",
      "'1683-01-01 00:00:00.000001'",
      "'2300-01-01 00:00:00.000001'",
    ],
    ...micros,
  },
  {
    type: 'timestamp(6) NULL',
    values: ["'2038-01-19 03:14:07.999999'", "'1970-01-01 00:00:01'", "'0000-00-00 00:00:00'"],
    ...micros,
    leftOut: 1,
  },
  { type: 'time(6)', values: ["'-838:59:59.999999'", "'838:59:59.999999'", "'00:00:00.000001'", "'24:00:00'"] },
  { type: 'char(5)', values: ["'ab  '", "''"] },
  {
    type: 'varchar(50)',
    values: ["'ünï 🎉 漢字'", "'quote '' back \\\\ nul \\0 end'", "'NULL'", "''"],
    mariadb: 'HEX(v)',
    duckdb: 'hex(encode(v))',
  },
  { type: 'varchar(20) CHARACTER SET latin1', values: ["'é € ß'"] },
  { type: 'varchar(20) CHARACTER SET utf16', values: ["'é🎉'"] },
  { type: 'longtext', values: ["REPEAT('x', 1048576)"] },
  { type: "enum('a','ü,b','')", values: ["'a'", "'ü,b'", "''"] },
  { type: "set('x','y','z')", values: ["'x,z'", "''"] },
  { type: "enum('a', X'FF') CHARACTER SET binary", values: ["'a'", "X'FF'"], ...hex },
  { type: 'json', values: [`'{"b": 1,  "a": [1e400, null]}'`, "'null'", `'"text"'`] },
  { type: 'binary(4)', values: ["X'00FF'", "''"], ...hex },
  { type: 'varbinary(10)', values: ["X'00FF0A'", "''"], ...hex },
  { type: 'longblob', values: ["REPEAT(X'00FF', 100000)"], ...hex },
  { type: 'varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', values: ["'Aa🎉'"] },
  { type: 'point', values: ["ST_GeomFromText('POINT(1.5 -2)')"], mariadb: 'HEX(ST_AsBinary(v))', duckdb: 'hex(v)' },
  {
    type: 'geometry',
    values: ["ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')"],
    mariadb: 'HEX(ST_AsBinary(v))',
    duckdb: 'hex(v)',
  },
  { type: 'uuid', values: ["'123e4567-e89b-12d3-a456-426655440000'", "'ffffffff-ffff-4fff-bfff-ffffffffffff'"] },
  { type: 'inet6', values: ["'::1'", "'2001:db8::ff00:42:8329'"] },
]

describe.runIf(hasMariaDb())('every MariaDB type', () => {
  let server: MariaDb
  let connection: Connection

  beforeAll(async () => {
    server = await startMariaDb()
    connection = await server.connect()
    await connection.query("SET sql_mode = '', time_zone = '+00:00', NAMES utf8mb4")
    for (const [index, { type, values }] of cases.entries()) {
      await connection.query(`CREATE TABLE type_${index} (id int PRIMARY KEY, v ${type})`)
      for (const [id, value] of ['NULL', ...values].entries()) {
        await connection.query(`INSERT INTO type_${index} VALUES (${id}, ${value})`)
      }
    }
  })

  afterAll(async () => {
    await connection?.end()
    await server?.stop()
  })

  const read = (index: number, asText: readonly string[] = []) =>
    readStream(sourceMysql, server, streamOf(`type_${index}`, { namespace: 'shop', asText }))

  it.each(cases.map((one, index) => ({ ...one, index })))(
    '$type arrives as it is',
    async ({ index, mariadb = 'CAST(v AS CHAR)', duckdb = 'v::VARCHAR', leftOut = 0, isFloat = false }) => {
      const result = await read(index)
      const found = await readByDuckDb(await parquetOf(result), `id::VARCHAR AS id, ${duckdb} AS v`)
      const [rows] = await connection.query(
        `SELECT CAST(id AS CHAR) AS id, ${mariadb} AS v FROM type_${index} ORDER BY id`,
      )
      const expected = (rows as { id: string; v: string | null }[]).map(({ id, v }) => ({ id, v }))
      const alike = (row: { id?: string | null; v?: string | null }) => ({
        id: row.id,
        // DuckDB leaves out the zero before the point.
        v: isFloat && row.v != null ? Number(row.v) : (row.v?.replace(/^(-?)\./, '$10.') ?? null),
      })
      expect(found.sort((a, b) => Number(a.id) - Number(b.id)).map(alike)).toEqual(expected.map(alike))
      expect(result.changes).toHaveLength(leftOut)
    },
  )

  it('asText carries bytes as their digits and texts as they are, also what max_allowed_packet is too small for', async () => {
    await connection.query(`SET GLOBAL max_allowed_packet = 1048576; CREATE TABLE large (b longblob, t longtext CHARACTER SET latin1,
      n bit(9), o bit(1), p point); INSERT INTO large VALUES (REPEAT(X'0fff', 400000), REPEAT(_latin1 X'e9', 800000), 257, 1, POINT(1, 2))`)
    const asText = ['b', 't', 'n', 'o', 'p']
    const { rows } = await readStream(sourceMysql, server, streamOf('large', { namespace: 'shop', asText }))
    await connection.query('SET GLOBAL max_allowed_packet = DEFAULT')
    const [{ b, t, ...rest } = {}] = rows
    expect([String(b) === '0FFF'.repeat(400_000), String(t) === 'é'.repeat(800_000)]).toEqual([true, true])
    expect(rest).toEqual({ n: '0101', o: '1', p: '0101000000000000000000F03F0000000000000040' })
  })

  it('a zero date is recorded with its text, and asText carries it', async () => {
    const index = cases.findIndex(({ type }) => type === 'date')
    expect((await read(index)).changes.map(({ row, field, value }) => ({ row, field, value }))).toEqual([
      { row: 5, field: 'v', value: '0000-00-00' },
      { row: 6, field: 'v', value: '2024-00-15' },
    ])
    const text = await read(index, ['v'])
    expect(text.rows.slice(5).map((row) => row.v)).toEqual(['0000-00-00', '2024-00-15'])
    expect(text.changes).toEqual([])
  })
})
