import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Column, Field, ScalarType } from '../../../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../../../lib/connectors/columns/column-builder.ts'
import type { Batch } from '../../../../lib/connectors/connector.ts'
import { destinationS3 } from '../../../../lib/connectors/destination-s3/index.ts'
import { listColumn } from '../../../support/list-column.ts'
import { type RunningS3, startS3 } from '../../../support/s3.ts'
import { streamOf } from '../../../support/sync.ts'

const column = (append: readonly ((builder: ColumnBuilder) => void)[]): Column => {
  const builder = new ColumnBuilder(append.length)
  for (const one of append) one(builder)
  return builder.build()
}
const none = (builder: ColumnBuilder) => builder.appendNull()

interface Case {
  readonly field: Field
  readonly column: Column
  /** The members of both rows as they must stand in a JSON line, digit by digit. */
  readonly json: readonly [string, string]
  /** The cells of both rows, `undefined` = empty without quotes. */
  readonly csv: readonly [string | undefined, string | undefined]
}

const of = (kind: Field['type'], append: (builder: ColumnBuilder) => void, json: string, csv: string): Case => ({
  field: { name: `${kind.kind}, "it" ${csv.slice(0, 8)}`, type: kind, nullable: true },
  column: column([append, none]),
  json: [json, 'null'],
  csv: [csv, undefined],
})

/** A list of the value and a NULL. */
const listOf = (element: ScalarType, append: (builder: ColumnBuilder) => void, text: string): Case => ({
  field: { name: `list of ${element.kind}`, type: { kind: 'list', element }, nullable: true },
  column: listColumn([[append, null], null], (to, one) => one(to)),
  json: [text, 'null'],
  csv: [text, undefined],
})

/** Values that programs often change on their way through text. */
const cases: readonly Case[] = [
  of({ kind: 'boolean' }, (to) => to.appendByte(1), 'true', 'true'),
  of({ kind: 'int32' }, (to) => to.appendInt32(-(2 ** 31)), '-2147483648', '-2147483648'),
  of({ kind: 'int64' }, (to) => to.appendBigInt64(2n ** 63n - 1n), '9223372036854775807', '9223372036854775807'),
  of({ kind: 'decimal', precision: 18, scale: 2 }, (to) => to.appendBigInt64(-5n), '-0.05', '-0.05'),
  of(
    { kind: 'decimal', precision: 38, scale: 10 },
    (to) => to.appendBigInt128(10n ** 38n - 1n),
    '9999999999999999999999999999.9999999999',
    '9999999999999999999999999999.9999999999',
  ),
  of({ kind: 'float64' }, (to) => to.appendFloat64(5e-324), '5e-324', '5e-324'),
  of({ kind: 'float64' }, (to) => to.appendFloat64(-0), '-0', '-0'),
  of({ kind: 'float32' }, (to) => to.appendFloat32(0.1), '0.1', '0.1'),
  of({ kind: 'float32' }, (to) => to.appendFloat32(3.4028234663852886e38), '3.4028235e+38', '3.4028235e+38'),
  of({ kind: 'date' }, (to) => to.appendInt32(-719_162), '"0001-01-01"', '0001-01-01'),
  of({ kind: 'time' }, (to) => to.appendBigInt64(86_400_000_000n), '"24:00:00.000000"', '24:00:00.000000'),
  of(
    { kind: 'timestamp', utc: true },
    (to) => to.appendBigInt64(1n),
    '"1970-01-01T00:00:00.000001Z"',
    '1970-01-01T00:00:00.000001Z',
  ),
  of(
    { kind: 'timestamp', utc: false },
    (to) => to.appendBigInt64(-1n),
    '"1969-12-31T23:59:59.999999"',
    '1969-12-31T23:59:59.999999',
  ),
  of(
    { kind: 'uuid' },
    (to) => to.appendFixed(Buffer.alloc(16, 0xab), 0, 16),
    '"abababab-abab-abab-abab-abababababab"',
    'abababab-abab-abab-abab-abababababab',
  ),
  of({ kind: 'text' }, (to) => to.appendText(''), '""', ''),
  of({ kind: 'text' }, (to) => to.appendText('a "b", \r\n\t🎉 '), '"a \\"b\\", \\r\\n\\t🎉 "', 'a "b", \r\n\t🎉 '),
  of(
    { kind: 'json' },
    (to) => to.appendText('{"n": 1e400,\n "b": [9007199254740993]}'),
    '{"n": 1e400,  "b": [9007199254740993]}',
    '{"n": 1e400,\n "b": [9007199254740993]}',
  ),
  listOf({ kind: 'int64' }, (to) => to.appendBigInt64(2n ** 63n - 1n), '[9223372036854775807,null]'),
  listOf({ kind: 'decimal', precision: 38, scale: 2 }, (to) => to.appendBigInt128(150n), '[1.50,null]'),
  listOf({ kind: 'text' }, (to) => to.appendText('a "b",\n'), '["a \\"b\\",\\n",null]'),
  listOf({ kind: 'date' }, (to) => to.appendInt32(-719_162), '["0001-01-01",null]'),
  listOf({ kind: 'json' }, (to) => to.appendText('{"n": 1e400}'), '[{"n": 1e400},null]'),
  of({ kind: 'binary' }, (to) => to.appendBytes(Buffer.from([0, 255, 10]), 0, 3), '"AP8K"', 'AP8K'),
]
const fields = cases.map((one) => one.field)
const batch: Batch = { rows: 2, sourceBytes: 100, columns: cases.map((one) => one.column) }

describe('text formats of destination-s3', () => {
  let s3: RunningS3
  let folder = ''

  beforeAll(async () => {
    s3 = await startS3()
    folder = await mkdtemp(join(tmpdir(), 'ingestion-text-'))
  })

  afterAll(async () => {
    await s3?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const write = async (name: string, format: object, given: Batch = batch, givenFields: readonly Field[] = fields) => {
    const { signal } = new AbortController()
    const config = {
      ...{ s3_bucket_name: s3.bucket, s3_bucket_path: 'text', s3_bucket_region: '', s3_endpoint: s3.endpoint },
      ...{ access_key_id: s3.accessKeyId, secret_access_key: s3.secretAccessKey, format },
    }
    await using open = await destinationS3.open(destinationS3.parseConfig(config), signal)
    const sync = { connectionId: 'c', jobId: 3, attempt: 0, startedAt: new Date(), generationId: 9 }
    const target = { stream: streamOf(name), namespace: 'public', name, fields: givenFields, sync }
    await using writer = await open.openStream(target, signal)
    const leftOut = await writer.write(given)
    await writer.finish()
    const [key = ''] = await s3.keys(`text/public/${name}/`)
    return { key, leftOut, bytes: Buffer.from(await s3.get(key)) }
  }

  it('JSON lines hold every value digit by digit', async () => {
    const format = { format_type: 'JSONL', metadata_columns: false }
    const { key, bytes } = await write('plain_jsonl', format)
    expect(key).toMatch(/\.jsonl$/)
    const expected = [0, 1].map(
      (row) => `{${cases.map(({ field, json }) => `${JSON.stringify(field.name)}:${json[row]}`).join(',')}}`,
    )
    expect(bytes.toString('utf8')).toBe(`${expected.join('\n')}\n`)
  })

  it('JSON lines carry the metadata beside _airbyte_data, or beside the columns', async () => {
    const format = { format_type: 'JSONL', compression: { compression_type: 'GZIP' } }
    const { key, bytes } = await write('nested', format)
    expect(key).toMatch(/\.jsonl\.gz$/)
    const [first] = gunzipSync(bytes)
      .toString('utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(Object.keys(first)).toEqual([
      '_airbyte_raw_id',
      '_airbyte_extracted_at',
      '_airbyte_meta',
      '_airbyte_generation_id',
      '_airbyte_data',
    ])
    expect(first._airbyte_raw_id).toMatch(/^[0-9a-f-]{36}$/)
    expect(Math.abs(Date.now() - first._airbyte_extracted_at)).toBeLessThan(60_000)
    expect(first._airbyte_meta).toEqual({ sync_id: 3, changes: [] })
    expect(first._airbyte_generation_id).toBe(9)
    expect(Object.keys(first._airbyte_data)).toEqual(fields.map((field) => field.name))
    const flat = await write('flat', { format_type: 'JSONL', flattening: 'Root level flattening' })
    const [one] = flat.bytes
      .toString('utf8')
      .split('\n')
      .map((line) => line && JSON.parse(line))
    expect(Object.keys(one)).toEqual([...Object.keys(first).slice(0, 4), ...fields.map((field) => field.name)])
  })

  it.each(['No Compression', 'GZIP'])(
    'CSV (%s) is read by DuckDB cell by cell, NULL and empty told apart',
    async (compression_type) => {
      const format = {
        format_type: 'CSV',
        flattening: 'Root level flattening',
        metadata_columns: false,
        compression: { compression_type },
      }
      const { key, bytes } = await write(`csv_${compression_type.length}`, format)
      const file = join(folder, key.split('/').at(-1) ?? '')
      await writeFile(file, bytes)
      const connection = await (await DuckDBInstance.create()).connect()
      const options = `header = true, all_varchar = true, auto_detect = false, delim = ',', quote = '"', escape = '"', allow_quoted_nulls = false, new_line = '\\n'`
      const columns = fields.map((field) => `'${field.name}': 'VARCHAR'`).join(', ')
      const reader = await connection.runAndReadAll(`FROM read_csv('${file}', ${options}, columns = {${columns}})`)
      connection.closeSync()
      expect(reader.columnNames()).toEqual(fields.map((field) => field.name))
      expect(reader.getRows()).toEqual([0, 1].map((row) => cases.map(({ csv }) => csv[row] ?? null)))
    },
  )

  it('CSV that is not flattened has the row as JSON in one column', async () => {
    const { bytes } = await write('csv_nested', { format_type: 'CSV' })
    const [header, ...lines] = bytes.toString('utf8').split('\n')
    expect(header).toBe('_airbyte_raw_id,_airbyte_extracted_at,_airbyte_meta,_airbyte_generation_id,_airbyte_data')
    const data = /,9,"(.*)"$/.exec(lines[0] ?? '')?.[1]?.replaceAll('""', '"')
    expect(data).toBe(`{${cases.map(({ field, json }) => `${JSON.stringify(field.name)}:${json[0]}`).join(',')}}`)
  })

  it.each(['NaN', 'Infinity', '-Infinity'])(
    '%s has no place in JSON: null and recorded, or refused; CSV writes it',
    async (text) => {
      const field: Field = { name: 'ratio', type: { kind: 'float64' }, nullable: true }
      const one: Batch = {
        rows: 2,
        sourceBytes: 9,
        columns: [column([(to) => to.appendFloat64(1.5), (to) => to.appendFloat64(Number(text))])],
      }
      const { bytes, leftOut } = await write(`nan_${text}`, { format_type: 'JSONL' }, one, [field])
      const [, second] = bytes
        .toString('utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(second._airbyte_data).toEqual({ ratio: null })
      expect(second._airbyte_meta.changes).toEqual([
        { field: 'ratio', change: 'NULLED', reason: 'DESTINATION_SERIALIZATION_ERROR' },
      ])
      expect(leftOut).toMatchObject([{ row: 1, field: 'ratio', value: text }])
      const strict = write(`strict_${text}`, { format_type: 'JSONL', metadata_columns: false }, one, [field])
      await expect(strict).rejects.toMatchObject({ code: 'connector_config', message: expect.stringContaining(text) })
      const csv = await write(`csv_${text}`, { format_type: 'CSV', metadata_columns: false }, one, [field])
      expect(csv.leftOut).toEqual([])
      expect(csv.bytes.toString('utf8')).toBe(`ratio\n1.5\n${text}\n`)
    },
  )

  it.each(['JSONL', 'CSV'])('a list with NaN is left out of %s as a whole, and recorded', async (format_type) => {
    const field: Field = { name: 'ratios', type: { kind: 'list', element: { kind: 'float64' } }, nullable: true }
    const column = listColumn(
      [
        [0.5, null],
        [1.5, Number.NaN],
      ],
      (to, value) => to.appendFloat64(value),
    )
    const one: Batch = { rows: 2, sourceBytes: 9, columns: [column] }
    const flat = { format_type, flattening: 'Root level flattening' }
    const { bytes } = await write(`list_nan_${format_type}`, flat, one, [field])
    const lines = bytes.toString('utf8').trimEnd().split('\n').slice(-2)
    expect(lines[0]).toMatch(format_type === 'CSV' ? /,"\[0\.5,null\]"$/ : /,"ratios":\[0\.5,null\]\}$/)
    expect(lines[1]).toMatch(format_type === 'CSV' ? /,9,$/ : /,"ratios":null\}$/)
    expect(lines[1]?.replaceAll('""', '"')).toContain(
      '"changes":[{"field":"ratios","change":"NULLED","reason":"DESTINATION_SERIALIZATION_ERROR"}]',
    )
    const strict = write(`list_strict_${format_type}`, { ...flat, metadata_columns: false }, one, [field])
    await expect(strict).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringContaining('[1.5,NaN]'),
    })
  })
})
