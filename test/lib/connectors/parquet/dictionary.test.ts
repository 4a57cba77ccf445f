import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import type { Field } from '../../../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../../../lib/connectors/columns/column-builder.ts'
import { loadCodec } from '../../../../lib/connectors/parquet/codec.ts'
import { Dictionary } from '../../../../lib/connectors/parquet/dictionary.ts'
import { bitsFor, hybrid } from '../../../../lib/connectors/parquet/hybrid.ts'
import { ParquetWriter } from '../../../../lib/connectors/parquet/parquet-writer.ts'
import { readByDuckDb } from '../../../support/duckdb.ts'

const fields: readonly Field[] = [
  { name: 'text', type: { kind: 'text' }, nullable: true },
  { name: 'number', type: { kind: 'int32' }, nullable: false },
  { name: 'amount', type: { kind: 'decimal', precision: 38, scale: 0 }, nullable: true },
]

interface Row {
  readonly text: string | null
  readonly number: number
  readonly amount: number | null
}

/** One page a column for each element of `pages`, all in one row group. */
const fileOf = async (pages: readonly (readonly Row[])[]): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  const writer = new ParquetWriter(fields, { codec: await loadCodec('SNAPPY') }, async (bytes) => {
    chunks.push(Buffer.from(bytes))
  })
  for (const rows of pages) {
    const text = new ColumnBuilder(rows.length)
    const number = new ColumnBuilder(rows.length)
    const amount = new ColumnBuilder(rows.length)
    for (const row of rows) {
      if (row.text === null) text.appendNull()
      else text.appendText(row.text)
      number.appendInt32(row.number)
      if (row.amount === null) amount.appendNull()
      else amount.appendBigInt128(BigInt(row.amount))
    }
    await writer.write(rows.length, [text.build(), number.build(), amount.build()])
  }
  await writer.finish()
  return Buffer.concat(chunks)
}

const bufferOf = (file: Uint8Array): ArrayBuffer =>
  file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer

/** Both readers find `pages`, and the encodings of each column's pages are returned. */
const readBack = async (pages: readonly (readonly Row[])[]) => {
  const file = await fileOf(pages)
  const rows = pages.flat()
  expect(await parquetReadObjects({ file: bufferOf(file) })).toEqual(rows)
  const texts = rows.map(({ text, number, amount }) => ({
    text,
    number: String(number),
    amount: amount === null ? null : String(amount),
  }))
  expect(await readByDuckDb(file)).toEqual(texts)
  const { row_groups } = parquetMetadata(bufferOf(file))
  return row_groups[0]?.columns.map(({ meta_data }) => ({
    encodings: meta_data?.encodings,
    statistics: meta_data?.statistics,
  }))
}

const rowsOf = (count: number, row: (index: number) => Row): Row[] =>
  Array.from({ length: count }, (_, index) => row(index))

describe('dictionary pages', () => {
  it('a column of few values refers to them, also where they come in runs and among NULLs', async () => {
    const columns = await readBack([
      rowsOf(1000, (i) => ({ text: ['new', 'paid', '', 'zurück'][i % 4] as string, number: i >> 7, amount: i % 3 })),
      rowsOf(999, (i) => ({ text: i % 2 ? null : `page 2, ${i % 5}`, number: -7, amount: i < 500 ? null : -1 })),
    ])
    for (const column of columns ?? []) expect(column.encodings).toEqual(['RLE', 'RLE_DICTIONARY', 'PLAIN'])
    expect(columns?.[0]?.statistics).toMatchObject({ min_value: '', max_value: 'zurück', null_count: 499n })
    expect(columns?.[1]?.statistics).toMatchObject({ min_value: -7, max_value: 7 })
  })

  it('a column whose values turn out to be many goes on without; its bounds hold both parts', async () => {
    const columns = await readBack([
      rowsOf(500, (i) => ({ text: 'same', number: i % 3, amount: 1 })),
      rowsOf(500, (i) => ({ text: `other ${i}`, number: i * 1000, amount: -1 - i })),
      rowsOf(500, () => ({ text: 'same', number: 1, amount: 1 })),
    ])
    for (const column of columns ?? []) expect(column.encodings).toEqual(['RLE', 'RLE_DICTIONARY', 'PLAIN'])
    expect(columns?.[0]?.statistics).toMatchObject({ min_value: 'other 0', max_value: 'same' })
    expect(columns?.[1]?.statistics).toMatchObject({ min_value: 0, max_value: 499_000 })
  })

  it('a column of different values has none from the beginning, nor has one of nothing but NULL', async () => {
    const columns = await readBack([rowsOf(1000, (i) => ({ text: null, number: i, amount: i * 7 }))])
    for (const column of columns ?? []) expect(column.encodings).toEqual(['RLE', 'PLAIN'])
  })

  it('a page of nothing but NULL may come first', async () => {
    const columns = await readBack([
      rowsOf(100, () => ({ text: null, number: 1, amount: null })),
      rowsOf(100, () => ({ text: 'then', number: 1, amount: 250 })),
    ])
    expect(columns?.[0]?.encodings).toContain('RLE_DICTIONARY')
  })

  it('values that begin alike are told apart', () => {
    const dictionary = new Dictionary(undefined)
    const values = ['', '\0', '\0\0', 'a', 'ab', 'abcd', 'abce', 'abcdabcd', 'abcdabce'].map((text) => {
      const bytes = Buffer.from(text)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(bytes.length)
      return Buffer.concat([length, bytes])
    })
    const indices = dictionary.indicesOf(Buffer.concat([...values, ...values]), values.length * 2)
    const each = values.map((_, index) => index)
    expect([...(indices ?? [])]).toEqual([...each, ...each])
    expect(dictionary.bytes).toEqual(Buffer.concat(values))
  })

  it('a value larger than a dictionary may be is not copied into it', () => {
    const dictionary = new Dictionary(undefined)
    const value = Buffer.alloc(200_000)
    value.writeUInt32LE(value.length - 4)
    expect(dictionary.indicesOf(value, 1)).toBeUndefined()
    expect(dictionary.bytes.length).toBe(0)
  })

  it('thousands of values keep their indices while the table grows', () => {
    const dictionary = new Dictionary(4)
    const value = (index: number) => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32LE(index * 65_537)
      return bytes
    }
    for (let index = 0; index < 4000; index++) expect(dictionary.indexOf(value(index))).toBe(index)
    for (let index = 0; index < 4000; index++) expect(dictionary.indexOf(value(index))).toBe(index)
  })
})

describe('the RLE/bit-packing hybrid', () => {
  it('reads back, whatever runs it has', () => {
    const runs = fc.array(fc.tuple(fc.nat(4095), fc.integer({ min: 1, max: 200 })), { maxLength: 40 })
    fc.assert(
      fc.property(runs, fc.integer({ min: 12, max: 16 }), (parts, bitWidth) => {
        const values = Uint16Array.from(parts.flatMap(([value, count]) => Array<number>(count).fill(value)))
        expect(readHybrid(hybrid(values, bitWidth), bitWidth, values.length)).toEqual([...values])
      }),
      { seed: 20_261_122 },
    )
  })

  it('takes no more than packing all values would, beside the lengths', () => {
    const alternating = Uint16Array.from({ length: 8000 }, (_, index) => index % 2)
    expect(hybrid(alternating, 1).length).toBe(1000 + 2)
    expect(hybrid(new Uint16Array(8000), 1).length).toBeLessThan(5)
  })

  it('knows how wide an index is', () => {
    expect([1, 2, 3, 4, 5, 256, 257, 4096].map(bitsFor)).toEqual([1, 1, 2, 2, 3, 8, 9, 12])
  })
})

/** By the words of the format, not by the writer's. */
const readHybrid = (bytes: Uint8Array, bitWidth: number, count: number): number[] => {
  const values: number[] = []
  let at = 0
  while (values.length < count) {
    let [header, shift] = [0, 0]
    for (let more = true; more; shift += 7) {
      const byte = bytes[at++] as number
      header |= (byte & 0x7f) << shift
      more = byte >= 0x80
    }
    if (header & 1) {
      const bits = [...bytes.subarray(at, at + (header >> 1) * bitWidth)]
        .map((byte) => byte.toString(2).padStart(8, '0').split('').reverse().join(''))
        .join('')
      at += (header >> 1) * bitWidth
      for (let from = 0; from < bits.length; from += bitWidth)
        values.push(Number.parseInt([...bits.slice(from, from + bitWidth)].reverse().join(''), 2))
    } else {
      let value = 0
      for (let byte = 0; byte < Math.ceil(bitWidth / 8); byte++) value |= (bytes[at++] as number) << (byte * 8)
      values.push(...Array<number>(header >> 1).fill(value))
    }
  }
  return values.slice(0, count)
}
