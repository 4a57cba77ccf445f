import { parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import type { Column, Field, ScalarType } from '../../../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../../../lib/connectors/columns/column-builder.ts'
import { decimalText } from '../../../../lib/connectors/columns/column-reader.ts'
import { loadCodec } from '../../../../lib/connectors/parquet/codec.ts'
import { ParquetWriter } from '../../../../lib/connectors/parquet/parquet-writer.ts'
import { type SeededRandom, seededRandom } from '../../../bench/kill/random.ts'
import { readByDuckDb } from '../../../support/duckdb.ts'
import { listColumn } from '../../../support/list-column.ts'

type Scalar = boolean | number | bigint | string | Buffer
type Row = string | null | (string | null)[]

interface Kind {
  readonly type: ScalarType
  /** Beside these there are others, from a number below 1,000. */
  readonly ends: readonly Scalar[]
  other(number: number): Scalar
  append(to: ColumnBuilder, value: never): void
  /** DuckDB's expression for the text of one. */
  sql(x: string): string
}

const day = 86_400_000_000n
const decimal = (precision: number, scale: number): Kind => ({
  type: { kind: 'decimal', precision, scale },
  ends: [0n, 10n ** BigInt(precision) - 1n, 1n - 10n ** BigInt(precision), -1n],
  other: BigInt,
  append: (to, value: bigint) => (precision > 18 ? to.appendBigInt128(value) : to.appendBigInt64(value)),
  sql: (x) => `${x}::VARCHAR`,
})

const kinds: readonly Kind[] = [
  {
    type: { kind: 'boolean' },
    ends: [true, false],
    other: (number) => number % 2 === 0,
    append: (to, value: boolean) => to.appendByte(value ? 1 : 0),
    sql: (x) => `${x}::VARCHAR`,
  },
  {
    type: { kind: 'int32' },
    ends: [0, 2 ** 31 - 1, -(2 ** 31)],
    other: (number) => number,
    append: (to, value: number) => to.appendInt32(value),
    sql: (x) => `${x}::VARCHAR`,
  },
  {
    type: { kind: 'int64' },
    ends: [0n, -1n, 1n << 32n, (1n << 63n) - 1n, -(1n << 63n)],
    other: BigInt,
    append: (to, value: bigint) => to.appendBigInt64(value),
    sql: (x) => `${x}::VARCHAR`,
  },
  {
    type: { kind: 'float64' },
    ends: [0.5, -1.25, 1048576],
    other: (number) => number + 0.125,
    append: (to, value: number) => to.appendFloat64(value),
    sql: (x) => `regexp_replace(${x}::VARCHAR, '\\.0$', '')`,
  },
  decimal(18, 2),
  decimal(38, 10),
  {
    type: { kind: 'timestamp', utc: false },
    ends: [0n, -1n, -719_162n * day, 106_751_000n * day],
    other: (number) => BigInt(number) * 1_000_001n,
    append: (to, value: bigint) => to.appendBigInt64(value),
    sql: (x) => `epoch_us(${x})::VARCHAR`,
  },
  {
    type: { kind: 'uuid' },
    ends: [0, 127, 128, 255].map((byte) => Buffer.alloc(16, byte)),
    other: (number) => Buffer.alloc(16, number),
    append: (to, value: Buffer) => to.appendFixed(value, 0, 16),
    sql: (x) => `replace(${x}::VARCHAR, '-', '')`,
  },
  {
    type: { kind: 'text' },
    ends: ['', '\0', '🎉', 'x'.repeat(64), 'ä'.repeat(33), '\u{10ffff}'.repeat(17), 'NULL'],
    other: (number) => `text ${number}`,
    append: (to, value: string) => to.appendText(value),
    sql: (x) => x,
  },
  {
    type: { kind: 'binary' },
    ends: [0, 1, 64, 65].map((length) => Buffer.alloc(length, 0xff)),
    other: (number) => Buffer.alloc(4, number),
    append: (to, value: Buffer) => to.appendBytes(value, 0, value.length),
    sql: (x) => `lower(hex(${x}))`,
  },
]

const textOf = (value: unknown, { type }: Kind): string => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (type.kind === 'decimal') return decimalText(value as bigint, type.scale)
  return type.kind === 'uuid' ? String(value).replaceAll('-', '') : String(value)
}

/** A column that is all of its life long of few values or many, with few NULLs or many, of lists or not. */
const randomColumn = (random: SeededRandom, name: string) => {
  const kind = random.oneOf(kinds) as Kind
  const isList = random.next() < 0.3
  const nullable = random.next() < 0.8
  const nulls = nullable ? (random.oneOf([0, 0.1, 0.9, 1]) as number) : 0
  const different = random.oneOf([1, 20, 1000]) as number
  const value = () =>
    random.next() < 0.1 ? (random.oneOf(kind.ends) as Scalar) : kind.other(random.between(1, different))
  const field: Field = { name, type: isList ? { kind: 'list', element: kind.type } : kind.type, nullable }
  const rows: Row[] = []
  const batch = (count: number): Column => {
    const isNull = Array.from({ length: count }, () => random.next() < nulls)
    const append = (to: ColumnBuilder, one: Scalar) => kind.append(to, one as never)
    if (isList) {
      const element = () => (random.next() < 0.2 ? null : value())
      const lists = isNull.map((none) => (none ? null : Array.from({ length: random.between(0, 4) }, element)))
      for (const list of lists) rows.push(list?.map((one) => (one === null ? null : textOf(one, kind))) ?? null)
      return listColumn(lists, append)
    }
    const builder = new ColumnBuilder(count)
    for (const none of isNull) {
      const one = none ? null : value()
      rows.push(one === null ? null : textOf(one, kind))
      if (one === null) builder.appendNull()
      else append(builder, one)
    }
    return builder.build()
  }
  const sql = isList ? `to_json(list_transform("${name}", lambda x: ${kind.sql('x')}))::VARCHAR` : kind.sql(`"${name}"`)
  return { field, kind, isList, rows, batch, select: `${sql} AS "${name}"` }
}

const parsers = { timestampFromMicroseconds: (micros: bigint) => micros }

describe('random files', () => {
  it.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    'DuckDB and hyparquet find what was written: seed %d',
    async (seed) => {
      const random = seededRandom(seed)
      const columns = Array.from({ length: random.between(1, 6) }, (_, index) => randomColumn(random, `c${index}`))
      const chunks: Uint8Array[] = []
      const codec = await loadCodec(random.oneOf(['SNAPPY', 'UNCOMPRESSED']) as 'SNAPPY')
      const options = { codec, rowGroupRows: random.oneOf([1, 100, 10_000]) as number }
      const writer = new ParquetWriter(
        columns.map(({ field }) => field),
        options,
        async (bytes) => {
          chunks.push(Buffer.from(bytes))
        },
      )
      for (let batches = random.between(1, 5); batches > 0; batches--) {
        const rows = random.oneOf([1, 7, 8, 9, 33, 500]) as number
        await writer.write(
          rows,
          columns.map(({ batch }) => batch(rows)),
        )
      }
      await writer.finish()
      const file = Buffer.concat(chunks)
      const byDuckDb = await readByDuckDb(file, columns.map(({ select }) => select).join(', '))
      const byHyparquet = await parquetReadObjects({ file: new Uint8Array(file).buffer, parsers, utf8: false })
      for (const {
        field: { name },
        kind,
        isList,
        rows,
      } of columns) {
        const texts = byDuckDb.map((row) => row[name] ?? null)
        expect(texts.map((text) => (isList && text !== null ? JSON.parse(text) : text))).toEqual(rows)
        // hyparquet makes numbers of decimals, which do not hold them.
        if (kind.type.kind === 'decimal') continue
        const text = (one: unknown) => (one === null || one === undefined ? null : textOf(one, kind))
        const found = byHyparquet.map((row): Row => (Array.isArray(row[name]) ? row[name].map(text) : text(row[name])))
        expect(found).toEqual(rows)
      }
    },
  )
})
