import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetMetadata } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ColumnType, Field } from '../../../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../../../lib/connectors/columns/column-builder.ts'
import { loadCodec } from '../../../../lib/connectors/parquet/codec.ts'
import { ParquetWriter } from '../../../../lib/connectors/parquet/parquet-writer.ts'
import { readByDuckDb } from '../../../support/duckdb.ts'
import { loadPolars } from '../../../support/polars.ts'

interface Case {
  readonly name: string
  readonly type: ColumnType
  readonly append: readonly ((to: ColumnBuilder) => void)[]
  readonly duckDb: { readonly type: string; readonly values: readonly string[] }
  /** `type` undefined: polars reads bytes, which its binding for JavaScript has no name for. */
  readonly polars: { readonly type: string | undefined; readonly values: readonly (string | number | boolean)[] }
}

const int128 = (value: bigint) => (to: ColumnBuilder) => to.appendBigInt128(value)
const int64 = (value: bigint) => (to: ColumnBuilder) => to.appendBigInt64(value)
const text = (value: string) => (to: ColumnBuilder) => to.appendText(value)
const nines = '9'.repeat(28)
const firstDay = -719_162

/** Two values of each type, at its ends. A third row is NULL everywhere. */
const cases: readonly Case[] = [
  {
    name: 'boolean',
    type: { kind: 'boolean' },
    append: [(to) => to.appendByte(0), (to) => to.appendByte(1)],
    duckDb: { type: 'BOOLEAN', values: ['false', 'true'] },
    polars: { type: 'Bool', values: [false, true] },
  },
  {
    name: 'int32',
    type: { kind: 'int32' },
    append: [(to) => to.appendInt32(-(2 ** 31)), (to) => to.appendInt32(2 ** 31 - 1)],
    duckDb: { type: 'INTEGER', values: ['-2147483648', '2147483647'] },
    polars: { type: 'Int32', values: [-(2 ** 31), 2 ** 31 - 1] },
  },
  {
    name: 'int64',
    type: { kind: 'int64' },
    append: [int64(-(2n ** 63n)), int64(2n ** 63n - 1n)],
    duckDb: { type: 'BIGINT', values: ['-9223372036854775808', '9223372036854775807'] },
    polars: { type: 'Int64', values: ['-9223372036854775808', '9223372036854775807'] },
  },
  {
    name: 'float32',
    type: { kind: 'float32' },
    append: [(to) => to.appendFloat32(0.5), (to) => to.appendFloat32(Number.POSITIVE_INFINITY)],
    duckDb: { type: 'FLOAT', values: ['0.5', 'inf'] },
    polars: { type: 'Float32', values: [0.5, Number.POSITIVE_INFINITY] },
  },
  {
    name: 'float64',
    type: { kind: 'float64' },
    append: [(to) => to.appendFloat64(Number.NaN), (to) => to.appendFloat64(5e-324)],
    duckDb: { type: 'DOUBLE', values: ['nan', '5e-324'] },
    polars: { type: 'Float64', values: [Number.NaN, 5e-324] },
  },
  {
    name: 'decimal18',
    type: { kind: 'decimal', precision: 18, scale: 2 },
    append: [int64(-1n), int64(10n ** 18n - 1n)],
    duckDb: { type: 'DECIMAL(18,2)', values: ['-0.01', '9999999999999999.99'] },
    polars: { type: 'Decimal', values: ['-0.01', '9999999999999999.99'] },
  },
  {
    name: 'decimal38',
    type: { kind: 'decimal', precision: 38, scale: 10 },
    append: [int128(-(10n ** 38n) + 1n), int128(1n)],
    duckDb: { type: 'DECIMAL(38,10)', values: [`-${nines}.9999999999`, '0.0000000001'] },
    polars: { type: 'Decimal', values: [`-${nines}.9999999999`, '0.0000000001'] },
  },
  {
    name: 'date',
    type: { kind: 'date' },
    append: [(to) => to.appendInt32(firstDay), (to) => to.appendInt32(2_932_896)],
    duckDb: { type: 'DATE', values: ['0001-01-01', '9999-12-31'] },
    polars: { type: 'Date', values: ['0001-01-01', '9999-12-31'] },
  },
  {
    name: 'time',
    type: { kind: 'time' },
    append: [int64(1n), int64(86_399_999_999n)],
    duckDb: { type: 'TIME', values: ['00:00:00.000001', '23:59:59.999999'] },
    polars: { type: 'Time', values: ['1000', '86399999999000'] },
  },
  {
    name: 'wall_clock',
    type: { kind: 'timestamp', utc: false },
    append: [int64(BigInt(firstDay) * 86_400_000_000n), int64(1n)],
    duckDb: { type: 'TIMESTAMP', values: ['0001-01-01 00:00:00', '1970-01-01 00:00:00.000001'] },
    polars: { type: 'Datetime', values: ['0001-01-01 00:00:00.000000', '1970-01-01 00:00:00.000001'] },
  },
  {
    name: 'instant',
    type: { kind: 'timestamp', utc: true },
    append: [int64(-1n), int64(253_402_300_799_999_999n)],
    duckDb: {
      type: 'TIMESTAMP WITH TIME ZONE',
      values: ['1969-12-31 23:59:59.999999+00', '9999-12-31 23:59:59.999999+00'],
    },
    polars: { type: 'Datetime', values: ['1969-12-31 23:59:59.999999+00:00', '9999-12-31 23:59:59.999999+00:00'] },
  },
  {
    name: 'uuid',
    type: { kind: 'uuid' },
    append: [(to) => to.appendFixed(Buffer.alloc(16), 0, 16), (to) => to.appendFixed(Buffer.alloc(16, 0xff), 0, 16)],
    duckDb: { type: 'UUID', values: ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'] },
    polars: { type: undefined, values: [] },
  },
  {
    name: 'text',
    type: { kind: 'text' },
    append: [text(''), text('🎉'.repeat(50_000))],
    duckDb: { type: 'VARCHAR', values: ['', '🎉'.repeat(50_000)] },
    polars: { type: 'String', values: ['', '🎉'.repeat(50_000)] },
  },
  {
    name: 'json',
    type: { kind: 'json' },
    append: [text('null'), text('{"a": 1e400}')],
    duckDb: { type: 'JSON', values: ['null', '{"a": 1e400}'] },
    polars: { type: undefined, values: ['null', '{"a": 1e400}'] },
  },
  {
    name: 'binary',
    type: { kind: 'binary' },
    append: [(to) => to.appendBytes(Buffer.alloc(0), 0, 0), (to) => to.appendBytes(Buffer.from([0, 255]), 0, 2)],
    duckDb: { type: 'BLOB', values: ['', '\\x00\\xFF'] },
    polars: { type: undefined, values: [] },
  },
]

const fields = cases.map(({ name, type }): Field => ({ name, type, nullable: true }))
const polars = await loadPolars()

describe('every type in Parquet', () => {
  let folder = ''
  let file: Buffer

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ingestion-types-'))
    const chunks: Uint8Array[] = []
    const writer = new ParquetWriter(fields, { codec: await loadCodec('SNAPPY') }, async (bytes) => {
      chunks.push(Buffer.from(bytes))
    })
    const columns = cases.map(({ append }) => {
      const builder = new ColumnBuilder(3)
      for (const one of append) one(builder)
      builder.appendNull()
      return builder.build()
    })
    await writer.write(3, columns)
    await writer.finish()
    file = Buffer.concat(chunks)
    await writeFile(join(folder, 'types.parquet'), file)
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(cases)('DuckDB reads $name with its type and values', async ({ name, duckDb }) => {
    const rows = await readByDuckDb(file, `typeof("${name}") AS type, "${name}"::VARCHAR AS value`)
    expect(rows.map((row) => row.type)).toEqual([duckDb.type, duckDb.type, duckDb.type])
    expect(rows.map((row) => row.value)).toEqual([...duckDb.values, null])
  })

  it.runIf(polars).each(cases)('polars reads $name with its type and values', ({ name, polars: expected }) => {
    const frame = polars?.readParquet(join(folder, 'types.parquet'))
    const column = frame?.getColumn(name)
    if (expected.type) expect(String(column?.dtype)).toContain(expected.type)
    expect(column?.nullCount()).toBe(1)
    if (expected.values.length === 0) return
    const isText = typeof expected.values[0] === 'string'
    // As text a time loses its fraction: polars counts nanoseconds.
    const exact = name === 'time' ? column?.cast(polars?.Int64) : column
    const found = (isText ? exact?.cast(polars?.Utf8) : exact)?.toArray() ?? []
    expect([...found].slice(0, 2)).toEqual(expected.values)
  })

  it('column statistics hold the least, the greatest and the number of NULLs', () => {
    const [group] = parquetMetadata(
      file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer,
    ).row_groups
    const facts = new Map(group?.columns.map(({ meta_data }) => [meta_data?.path_in_schema[0], meta_data?.statistics]))
    for (const { name } of cases) expect(facts.get(name)?.null_count, name).toBe(1n)
    expect(facts.get('int64')).toMatchObject({ min_value: -(2n ** 63n), max_value: 2n ** 63n - 1n })
    expect(facts.get('date')).toMatchObject({ min_value: new Date('0001-01-01'), max_value: new Date('9999-12-31') })
    // One of the two is NaN.
    expect(facts.get('float64')?.max_value).toBeUndefined()
    expect(facts.get('json')).toMatchObject({ min_value: 'null', max_value: '{"a": 1e400}' })
  })
})
