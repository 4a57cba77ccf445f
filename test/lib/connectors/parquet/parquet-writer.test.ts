import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { uncompressSync } from 'lz4-napi'
import { describe, expect, it } from 'vitest'
import type { Field } from '../../../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../../../lib/connectors/columns/column-builder.ts'
import { type CodecName, codecNames, loadCodec } from '../../../../lib/connectors/parquet/codec.ts'
import { ParquetWriter } from '../../../../lib/connectors/parquet/parquet-writer.ts'
import { readByDuckDb } from '../../../support/duckdb.ts'

const compressors = {
  GZIP: (input: Uint8Array) => gunzipSync(input),
  BROTLI: (input: Uint8Array) => brotliDecompressSync(input),
  LZ4_RAW: (input: Uint8Array, size: number) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(size)
    return uncompressSync(Buffer.concat([length, input]))
  },
  ZSTD: (input: Uint8Array) => zstdDecompressSync(input),
}

const fields: readonly Field[] = [
  { name: 'number', type: { kind: 'int32' }, nullable: true },
  { name: 'flag', type: { kind: 'boolean' }, nullable: true },
  { name: 'text', type: { kind: 'text' }, nullable: false },
  { name: 'same', type: { kind: 'text' }, nullable: false },
]

const textOf = (row: number): string => (row % 1000 === 0 ? '' : `row ${row} 🎉`)

/** A file of `batches` batches; the last column is a constant that changes with each third batch. */
const fileOf = async (codecName: CodecName, batches: number, rows: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  const codec = await loadCodec(codecName)
  const writer = new ParquetWriter(
    fields,
    { codec, rowGroupRows: rows * 4, metadata: { made: 'in a test' } },
    async (bytes) => {
      chunks.push(Buffer.from(bytes))
    },
  )
  for (let batch = 0; batch < batches; batch++) {
    const [number, flag, text, constant] = fields.map(() => new ColumnBuilder(rows)) as [
      ColumnBuilder,
      ColumnBuilder,
      ColumnBuilder,
      ColumnBuilder,
    ]
    for (let row = batch * rows; row < (batch + 1) * rows; row++) {
      if (row % 3 === 0) number.appendNull()
      else number.appendInt32(row - 100)
      // No NULL at all in the first batch, nothing but NULL in the second.
      if (batch === 1 || (batch > 1 && row % 5 === 0)) flag.appendNull()
      else flag.appendByte(row % 2)
      text.appendText(textOf(row))
    }
    constant.appendText(`batch ${Math.floor(batch / 3)}`)
    await writer.write(rows, [number.build(), flag.build(), text.build(), { constant: constant.build().values }])
  }
  expect(await writer.finish()).toBe(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  return Buffer.concat(chunks)
}

const bufferOf = (file: Uint8Array): ArrayBuffer =>
  file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer

describe('parquet writer', () => {
  it.each(codecNames)('hyparquet and DuckDB find the same in a file with codec %s', async (codec) => {
    const [batches, rows] = [10, 1000]
    const file = await fileOf(codec, batches, rows)
    const expected = Array.from({ length: batches * rows }, (_, row) => {
      const batch = Math.floor(row / rows)
      return {
        number: row % 3 === 0 ? null : row - 100,
        flag: batch === 1 || (batch > 1 && row % 5 === 0) ? null : row % 2 === 1,
        text: textOf(row),
        same: `batch ${Math.floor(batch / 3)}`,
      }
    })
    expect(await parquetReadObjects({ file: bufferOf(file), compressors })).toEqual(expected)
    const texts = expected.map((row) => ({
      ...row,
      number: row.number?.toString() ?? null,
      flag: row.flag?.toString() ?? null,
    }))
    expect(await readByDuckDb(file)).toEqual(texts)
  })

  it('row groups carry bounds and null counts', async () => {
    const metadata = parquetMetadata(bufferOf(await fileOf('SNAPPY', 10, 1000)))
    expect(metadata.row_groups.map((group) => Number(group.num_rows))).toEqual([4000, 4000, 2000])
    const [number, flag, text, same] =
      metadata.row_groups[0]?.columns.map((column) => column.meta_data?.statistics) ?? []
    expect(number).toMatchObject({ min_value: -99, max_value: 3898, null_count: 1334n, is_max_value_exact: true })
    expect(flag).toMatchObject({ min_value: false, max_value: true })
    expect(text).toMatchObject({ min_value: '', max_value: 'row 999 🎉', null_count: 0n })
    expect(same).toMatchObject({ min_value: 'batch 0', max_value: 'batch 1' })
    expect(metadata.key_value_metadata).toEqual([{ key: 'made', value: 'in a test' }])
  })

  it('a file without rows has its columns', async () => {
    const file = await fileOf('SNAPPY', 0, 0)
    expect(await readByDuckDb(file)).toEqual([])
    expect(
      parquetMetadata(bufferOf(file))
        .schema.slice(1)
        .map((column) => column.name),
    ).toEqual(['number', 'flag', 'text', 'same'])
  })

  const floats = async (pages: readonly (readonly number[])[], options: object) => {
    const chunks: Uint8Array[] = []
    const two = ['a', 'b'].map((name): Field => ({ name, type: { kind: 'float64' }, nullable: false }))
    const writer = new ParquetWriter(two, { codec: await loadCodec('SNAPPY'), ...options }, async (bytes) => {
      chunks.push(Buffer.from(bytes))
    })
    for (const values of pages) {
      const columns = two.map(() => new ColumnBuilder(values.length))
      for (const value of values) for (const column of columns) column.appendFloat64(value)
      await writer.write(
        values.length,
        columns.map((column) => column.build()),
      )
    }
    await writer.finish()
    return Buffer.concat(chunks)
  }

  it('a reader that skips by bounds finds no NaN where it asks for another value', async () => {
    const file = await floats([[1, Number.NaN, 1, Number.NaN]], {})
    expect(await readByDuckDb(file, 'a', 'a = 1')).toEqual([{ a: '1' }, { a: '1' }])
    expect(await readByDuckDb(file, 'a', 'a > 100')).toEqual([{ a: 'NaN' }, { a: 'NaN' }])
  })

  it('a row group ends at a number of pages, those of all columns counted', async () => {
    const file = await floats([[1], [2], [3]], { rowGroupPages: 4 })
    expect(parquetMetadata(bufferOf(file)).row_groups.map((group) => Number(group.num_rows))).toEqual([2, 1])
  })

  it.each(codecNames)('a small page of %s takes no more memory than its bytes', async (name) => {
    const codec = await loadCodec(name)
    const pages = await Promise.all(Array.from({ length: 20 }, () => codec.compress(Buffer.alloc(100))))
    for (const page of pages) expect(page.buffer.byteLength).toBeLessThan(page.length + 100)
  })

  it('a NULL in a column that has none by its schema is refused', async () => {
    const writer = new ParquetWriter([fields[2] as Field], { codec: await loadCodec('SNAPPY') }, async () => {})
    const column = new ColumnBuilder(1)
    column.appendNull()
    await expect(writer.write(1, [column.build()])).rejects.toThrow('column "text" is required')
  })

  it('a sink that fails fails the write', async () => {
    const codec = await loadCodec('SNAPPY')
    const broken = new Error('disk full')
    const writer = new ParquetWriter([], { codec }, () => Promise.reject(broken))
    await expect(writer.finish()).rejects.toBe(broken)
  })
})
