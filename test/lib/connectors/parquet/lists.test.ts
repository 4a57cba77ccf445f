import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import type { Column, Field, ScalarType } from '../../../../lib/connectors/columns/column.ts'
import type { ColumnBuilder } from '../../../../lib/connectors/columns/column-builder.ts'
import { readColumn } from '../../../../lib/connectors/columns/column-reader.ts'
import { loadCodec } from '../../../../lib/connectors/parquet/codec.ts'
import { ParquetWriter } from '../../../../lib/connectors/parquet/parquet-writer.ts'
import { readByDuckDb } from '../../../support/duckdb.ts'
import { listColumn } from '../../../support/list-column.ts'
import { loadPolars } from '../../../support/polars.ts'

const fieldOf = (element: ScalarType, name = 'v', nullable = true): Field => ({
  name,
  type: { kind: 'list', element },
  nullable,
})
const int32: ScalarType = { kind: 'int32' }
const text: ScalarType = { kind: 'text' }
const appendInt32 = (to: ColumnBuilder, value: number) => to.appendInt32(value)
const appendText = (to: ColumnBuilder, value: string) => to.appendText(value)

/** A file of these batches of columns. */
const fileOf = async (fields: readonly Field[], batches: readonly (readonly Column[])[], rows: number, group = 1e6) => {
  const chunks: Uint8Array[] = []
  const codec = await loadCodec('SNAPPY')
  const writer = new ParquetWriter(fields, { codec, rowGroupRows: group }, async (bytes) => {
    chunks.push(Buffer.from(bytes))
  })
  for (const columns of batches) await writer.write(rows, columns)
  await writer.finish()
  return Buffer.concat(chunks)
}

const bufferOf = (file: Uint8Array): ArrayBuffer =>
  file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer

const byHyparquet = async (file: Uint8Array) =>
  (await parquetReadObjects({ file: bufferOf(file) })).map((row): unknown => row.v ?? null)

/** As JSON text, which DuckDB makes of a list. */
const byDuckDb = async (file: Uint8Array, column = 'v') =>
  (await readByDuckDb(file, `to_json("${column}")::VARCHAR AS v`)).map(({ v }) => (v ? JSON.parse(v) : null))

interface ElementCase {
  readonly type: ScalarType
  readonly append: readonly ((to: ColumnBuilder) => void)[]
  readonly duckDb: string
  readonly texts: readonly string[]
}

/** Two values of each type. */
const elementCases: readonly ElementCase[] = [
  {
    type: { kind: 'boolean' },
    append: [(to) => to.appendByte(1), (to) => to.appendByte(0)],
    duckDb: 'BOOLEAN',
    texts: ['true', 'false'],
  },
  {
    type: int32,
    append: [(to) => to.appendInt32(-(2 ** 31)), (to) => to.appendInt32(7)],
    duckDb: 'INTEGER',
    texts: ['-2147483648', '7'],
  },
  {
    type: { kind: 'int64' },
    append: [(to) => to.appendBigInt64(-(2n ** 63n)), (to) => to.appendBigInt64(2n ** 63n - 1n)],
    duckDb: 'BIGINT',
    texts: ['-9223372036854775808', '9223372036854775807'],
  },
  {
    type: { kind: 'float32' },
    append: [(to) => to.appendFloat32(0.5), (to) => to.appendFloat32(Number.NaN)],
    duckDb: 'FLOAT',
    texts: ['0.5', 'nan'],
  },
  {
    type: { kind: 'float64' },
    append: [(to) => to.appendFloat64(5e-324), (to) => to.appendFloat64(-0)],
    duckDb: 'DOUBLE',
    texts: ['5e-324', '-0.0'],
  },
  {
    type: { kind: 'decimal', precision: 18, scale: 2 },
    append: [(to) => to.appendBigInt64(-1n), (to) => to.appendBigInt64(150n)],
    duckDb: 'DECIMAL(18,2)',
    texts: ['-0.01', '1.50'],
  },
  {
    type: { kind: 'decimal', precision: 38, scale: 10 },
    append: [(to) => to.appendBigInt128(1n), (to) => to.appendBigInt128(-(10n ** 38n) + 1n)],
    duckDb: 'DECIMAL(38,10)',
    texts: ['0.0000000001', `-${'9'.repeat(28)}.${'9'.repeat(10)}`],
  },
  {
    type: { kind: 'date' },
    append: [(to) => to.appendInt32(-719_162), (to) => to.appendInt32(0)],
    duckDb: 'DATE',
    texts: ['0001-01-01', '1970-01-01'],
  },
  {
    type: { kind: 'time' },
    append: [(to) => to.appendBigInt64(1n), (to) => to.appendBigInt64(0n)],
    duckDb: 'TIME',
    texts: ['00:00:00.000001', '00:00:00'],
  },
  {
    type: { kind: 'timestamp', utc: false },
    append: [(to) => to.appendBigInt64(1n), (to) => to.appendBigInt64(-1n)],
    duckDb: 'TIMESTAMP',
    texts: ['1970-01-01 00:00:00.000001', '1969-12-31 23:59:59.999999'],
  },
  {
    type: { kind: 'timestamp', utc: true },
    append: [(to) => to.appendBigInt64(1n), (to) => to.appendBigInt64(-1n)],
    duckDb: 'TIMESTAMP WITH TIME ZONE',
    texts: ['1970-01-01 00:00:00.000001+00', '1969-12-31 23:59:59.999999+00'],
  },
  {
    type: { kind: 'uuid' },
    append: [(to) => to.appendFixed(Buffer.alloc(16), 0, 16), (to) => to.appendFixed(Buffer.alloc(16, 0xff), 0, 16)],
    duckDb: 'UUID',
    texts: ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  },
  {
    type: text,
    append: [(to) => to.appendText(''), (to) => to.appendText('a, "b"')],
    duckDb: 'VARCHAR',
    texts: ['', 'a, "b"'],
  },
  {
    type: { kind: 'json' },
    append: [(to) => to.appendText('"x"'), (to) => to.appendText('{"a": 1e400}')],
    duckDb: 'JSON',
    texts: ['"x"', '{"a": 1e400}'],
  },
  {
    type: { kind: 'binary' },
    append: [(to) => to.appendBytes(Buffer.alloc(0), 0, 0), (to) => to.appendBytes(Buffer.from([0, 255]), 0, 2)],
    duckDb: 'BLOB',
    texts: ['', '\\x00\\xFF'],
  },
]

const polars = await loadPolars()

describe('lists in Parquet', () => {
  it.each(elementCases)('elements of $type.kind ($duckDb) are read with their type and values', async (one) => {
    type Append = (to: ColumnBuilder) => void
    const [first, second] = one.append as [Append, Append]
    const column = listColumn<Append>([[first, null, second], null, [], [null], [second]], (to, append) => append(to))
    const file = await fileOf([fieldOf(one.type)], [[column]], 5)
    const facts = await readByDuckDb(file, 'typeof(v) AS type, v IS NULL AS "isNull", len(v) AS length')
    expect(facts.map(({ type }) => type)).toEqual(new Array(5).fill(`${one.duckDb}[]`))
    expect(facts.map(({ isNull, length }) => (isNull === 'true' ? null : length))).toEqual(['3', null, '0', '1', '1'])
    const elements = await readByDuckDb(file, 'unnest(v)::VARCHAR AS v')
    expect(elements.map(({ v }) => v)).toEqual([one.texts[0], null, one.texts[1], null, one.texts[1]])
    const read = (await byHyparquet(file)) as (unknown[] | null)[]
    expect(read.map((list) => list?.map((value) => (value === null ? null : 'there')) ?? null)).toEqual([
      ['there', null, 'there'],
      null,
      [],
      [null],
      ['there'],
    ])
  })

  it('lists cross pages and row groups, with pages of nothing but NULL, of empty lists and of NULL elements', async () => {
    const rows = 1_000
    const of = (row: number): (number | null)[] | null => {
      if (row >= rows && row < 2 * rows) return null
      if (row >= 2 * rows && row < 3 * rows) return []
      if (row >= 3 * rows && row < 4 * rows) return [null]
      if (row % 11 === 0) return null
      return Array.from({ length: row % 7 }, (_, index) => ((row + index) % 5 === 0 ? null : row * 10 + index))
    }
    const all = Array.from({ length: 10 * rows }, (_, row) => of(row))
    const ids = Array.from({ length: 10 }, (_, batch) =>
      listColumn(all.slice(batch * rows, (batch + 1) * rows), appendInt32),
    )
    const file = await fileOf(
      [fieldOf(int32)],
      ids.map((column) => [column]),
      rows,
      3 * rows,
    )
    expect(await byHyparquet(file)).toEqual(all)
    expect(await byDuckDb(file)).toEqual(all)
  })

  it('elements of few values have a dictionary, until others come', async () => {
    const few = Array.from({ length: 500 }, (_, row) => (row % 9 === 0 ? null : [`a${row % 3}`, null, `b${row % 4}`]))
    const many = Array.from({ length: 500 }, (_, row) => (row % 9 === 0 ? [] : [`c${row}`, `d${row}`, null]))
    const columns = [few, many].map((lists) => [listColumn(lists, appendText)])
    const file = await fileOf([fieldOf(text)], columns, 500)
    expect(await byHyparquet(file)).toEqual([...few, ...many])
    expect(await byDuckDb(file)).toEqual([...few, ...many])
    const [group] = parquetMetadata(bufferOf(file)).row_groups
    expect(group?.columns[0]?.meta_data).toMatchObject({
      encodings: ['RLE', 'RLE_DICTIONARY', 'PLAIN'],
      statistics: { min_value: 'a0', max_value: 'd98' },
    })
  })

  it('a required list, a list without any NULL and a scalar column stand side by side', async () => {
    const lists = [[1, 2], [], [3, null]]
    const required = listColumn(lists, appendInt32)
    const dense = listColumn([['a'], ['b', 'c'], ['d']], appendText)
    const scalar = listColumn([[5, 6, 7]], appendInt32).elements as Column
    const fields: Field[] = [
      fieldOf(int32, 'required', false),
      fieldOf(text, 'dense'),
      { name: 'scalar', type: int32, nullable: false },
    ]
    const file = await fileOf(fields, [[required, dense, scalar]], 3)
    expect(await byDuckDb(file, 'required')).toEqual(lists)
    expect(await byDuckDb(file, 'dense')).toEqual([['a'], ['b', 'c'], ['d']])
    expect(await parquetReadObjects({ file: bufferOf(file) })).toEqual([
      { required: [1, 2], dense: ['a'], scalar: 5 },
      { required: [], dense: ['b', 'c'], scalar: 6 },
      { required: [3, null], dense: ['d'], scalar: 7 },
    ])
  })

  it('elements of a megabyte, and a list of 300,000 elements', async () => {
    const large = ['x'.repeat(1 << 20), null, 'ü'.repeat(1 << 20)]
    const texts = await fileOf([fieldOf(text)], [[listColumn([large, [], large], appendText)]], 3)
    expect(await byHyparquet(texts)).toEqual([large, [], large])
    expect(await byDuckDb(texts)).toEqual([large, [], large])
    const many = Array.from({ length: 300_000 }, (_, index) => (index % 1000 === 999 ? null : index))
    const numbers = await fileOf([fieldOf(int32)], [[listColumn([many, [1]], appendInt32)]], 2)
    expect(await readByDuckDb(numbers, 'len(v) AS n, list_sum(v)::VARCHAR AS sum')).toEqual([
      { n: '300000', sum: String(many.reduce<number>((sum, value) => sum + (value ?? 0), 0)) },
      { n: '1', sum: '1' },
    ])
  })

  it('a file without rows has its list column', async () => {
    const file = await fileOf([fieldOf(text)], [], 0)
    expect(await byDuckDb(file)).toEqual([])
    expect(parquetMetadata(bufferOf(file)).schema.slice(1)).toMatchObject([
      {
        name: 'v',
        repetition_type: 'OPTIONAL',
        num_children: 1,
        converted_type: 'LIST',
        logical_type: { type: 'LIST' },
      },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', type: 'BYTE_ARRAY', logical_type: { type: 'STRING' } },
    ])
  })

  it('statistics are those of the elements, and count every entry without a value as a NULL', async () => {
    const column = listColumn([[5, null, -3], null, [], [9]], appendInt32)
    const [group] = parquetMetadata(bufferOf(await fileOf([fieldOf(int32)], [[column]], 4))).row_groups
    const facts = group?.columns[0]?.meta_data
    expect(facts?.path_in_schema).toEqual(['v', 'list', 'element'])
    expect(facts?.num_values).toBe(6n)
    expect(facts?.statistics).toMatchObject({ min_value: -3, max_value: 9, null_count: 3n })
    const none = listColumn<number>([null, [], [null]], appendInt32)
    const [empty] = parquetMetadata(bufferOf(await fileOf([fieldOf(int32)], [[none]], 3))).row_groups
    expect(empty?.columns[0]?.meta_data?.statistics).toEqual({ null_count: 3n })
  })

  it('a column that is read back has the same lists', () => {
    const lists = [[1, null], null, [], [2]]
    expect([...readColumn({ kind: 'list', element: int32 }, listColumn(lists, appendInt32), 4)]).toEqual(lists)
  })

  it.runIf(polars)('polars reads lists', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ingestion-lists-'))
    try {
      const file = join(folder, 'lists.parquet')
      const column = listColumn([['a', null, 'c'], null, [], [null]], appendText)
      await writeFile(file, await fileOf([fieldOf(text)], [[column]], 4))
      const read = polars?.readParquet(file).getColumn('v')
      expect(String(read?.dtype)).toContain('List')
      expect(read?.nullCount()).toBe(1)
      const lists = [...(read?.toArray() ?? [])].map((list) => list && [...(list as Iterable<unknown>)])
      expect(lists).toEqual([['a', null, 'c'], null, [], [null]])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
