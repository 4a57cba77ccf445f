import { describe, expect, it } from 'vitest'
import { readByDuckDb } from '../../../support/duckdb.ts'
import { parquetOf } from '../../../support/sync.ts'
import { RestApi } from './rest-api.ts'

const rest = new RestApi()

describe('columns', () => {
  it('numbers arrive digit by digit', async () => {
    rest.reply = () =>
      `[{"id": 9007199254740993, "big": 123456789012345678901234567890, "price": 0.1, "cost": 12345678901234567890.123456789, "tiny": 1e-30, "huge": 1e400, "zero": -0, "doc": {"n": 1.10, "m": 1e400}},
        {"id": -9223372036854775808, "big": 1, "price": 10.50, "cost": -0.000000001, "tiny": 1, "huge": 1, "zero": 0, "doc": [12345678901234567890]}]`
    const result = await rest.read()
    const found = await readByDuckDb(await parquetOf(result))
    // DuckDB leaves out the zero before the point.
    const rows = found.map((row) => Object.values(row).map((value) => value?.replace(/^(-?)\./, '$10.')))
    expect(rows).toEqual([
      [
        '9007199254740993',
        '123456789012345678901234567890',
        '0.100000000',
        '12345678901234567890.123456789',
        '1e-30',
        '1e400',
        '-0',
        '{"n":1.10,"m":1e400}',
      ],
      ['-9223372036854775808', '1', '10.500000000', '-0.000000001', '1', '1', '0', '[12345678901234567890]'],
    ])
    expect(result.changes).toEqual([])
  })

  it('mixed kinds become text, null alone too, objects and lists JSON', async () => {
    rest.reply = () =>
      `[{"a": 1, "b": "x", "c": null, "d": [1], "e": true, "__proto__": "p", "": 1}, {"a": "1.50", "b": 2.50, "d": "s", "e": false}]`
    const { fields, rows } = await rest.read()
    expect(Object.fromEntries(fields.map(({ name, type }) => [name || 'empty', type.kind]))).toEqual(
      Object.fromEntries([
        ['a', 'text'],
        ['b', 'text'],
        ['c', 'text'],
        ['d', 'json'],
        ['e', 'boolean'],
        ['__proto__', 'text'],
        ['empty', 'int64'],
      ]),
    )
    expect(rows.map(({ a, b, d }) => [a, b, d])).toEqual([
      ['1', 'x', '[1]'],
      ['1.50', '2.50', '"s"'],
    ])
  })

  it('later values that do not fit are NULL and recorded, as are keys without a column', async () => {
    const first = Array.from({ length: 1_000 }, (_, id) => ({ id, flag: true, price: 1.5 }))
    rest.reply = (query) =>
      query.get('page') === '1'
        ? first
        : query.get('page') === '2'
          ? `[{"id": 1.5, "flag": "no", "price": 0.12345678901, "more": {"x": 1}}, {"id": 7e2}]`
          : []
    const result = await rest.read({ pagination: { type: 'page' } })
    expect(result.rows.at(-2)).toMatchObject({ id: null, flag: null, price: null })
    expect(result.rows.at(-1)).toMatchObject({ id: 700n })
    expect(result.changes.map(({ field, value }) => [field, value])).toEqual([
      ['id', '1.5'],
      ['flag', '"no"'],
      ['price', '0.12345678901'],
      ['more', '{"x":1}'],
    ])
    const text = await rest.read(
      { pagination: { type: 'page' } },
      { asText: ['id', 'price', 'flag'], fields: ['id', 'price', 'flag'] },
    )
    expect(text.rows.at(-2)).toEqual({ id: '1.5', flag: 'no', price: '0.12345678901' })
    expect(text.changes).toEqual([])
  })

  it('the first sync decides about types for the next ones', async () => {
    const config = { incremental: { cursor_field: 'at', query_parameter: 'since', start_value: 0 } }
    const incremental = { syncMode: 'incremental', cursorField: ['at'] } as const
    rest.reply = () => '[{"at": 1, "price": 1.5}]'
    const one = await rest.read(config, incremental)
    expect(new URL(rest.requests[0]?.url ?? '', rest.origin).searchParams.get('since')).toBe('0')
    rest.reply = () => '[{"at": 1, "price": 1.5}, {"at": 2, "price": 2}, {"at": 10, "price": "none"}]'
    const two = await rest.read(config, incremental, one.states.at(-1))
    expect(two.fields.map(({ type }) => type.kind)).toEqual(['int64', 'decimal'])
    expect(two.rows.map((row) => row.price)).toEqual(['2.000000000', null])
    expect(two.states.at(-1)).toMatchObject({ cursor: '10' })
  })
})

describe('a record', () => {
  it('records with keys of every kind', async () => {
    rest.reply = () =>
      `[{"id": 1, "Id": 2, "ID": 3, "": "e", "__proto__": "p", "constructor": 4, "a\\u0062": 5, "nul\\u0000": "x\\u0000y"},
        {"ID": 6, "id": 7, "ab": 8, "half": "\\ud800"}, 9, {"id": 10, "id": 11}]`
    const result = await rest.read()
    expect(result.rows.map((row) => Object.entries(row).filter(([, value]) => value !== null))).toEqual([
      [
        ['id', 1n],
        ['Id', 2n],
        ['ID', 3n],
        ['', 'e'],
        ['__proto__', 'p'],
        ['constructor', 4n],
        ['ab', 5n],
        ['nul\0', 'x\0y'],
      ],
      [
        ['id', 7n],
        ['ID', 6n],
        ['ab', 8n],
      ],
      [['value', 9n]],
      [['id', 11n]],
    ])
    expect(result.changes.map(({ row, field, value }) => [row, field, value])).toEqual([
      [1, 'half', '"\\ud800"'],
      [3, 'id', '10'],
    ])
  })

  it('keys that look alike only as they are written', async () => {
    rest.reply = () => String.raw`[{"a\\nb": 1}, {"a\nb": 2}, {"\u0061\\nb": 3}]`
    const { rows } = await rest.read()
    expect(rows).toEqual([
      { 'a\\nb': 1n, 'a\nb': null },
      { 'a\\nb': null, 'a\nb': 2n },
      { 'a\\nb': 3n, 'a\nb': null },
    ])
  })

  it('numbers in every form as the type of their column', async () => {
    rest.reply = () =>
      '[{"id": 1E2, "price": 0.1000}, {"id": -12, "price": -1e-9}, {"id": 9223372036854775807, "price": 12345678901234567890123456789.5}, {"id": 10.0, "price": 999999999999999}, {"id": -0, "price": 1e400}]'
    const { rows, changes } = await rest.read({}, { fields: ['id', 'price'] })
    // One -0 or 1e400 in the sample, and the column is text.
    expect(rows.map(({ id, price }) => [id, price])).toEqual([
      ['1E2', '0.1000'],
      ['-12', '-1e-9'],
      ['9223372036854775807', '12345678901234567890123456789.5'],
      ['10.0', '999999999999999'],
      ['-0', '1e400'],
    ])
    expect(changes).toEqual([])
    const sample = '{"id": 1, "price": 0.5},'.repeat(1_000)
    rest.reply = (query) =>
      query.get('page') === '1'
        ? `[${sample.slice(0, -1)}]`
        : query.get('page') === '2'
          ? '[{"id": 1E2, "price": 0.1000}, {"id": -12, "price": -1e-9}, {"id": 9223372036854775807, "price": 12345678901234567890123456789.5}, {"id": 10.0, "price": 999999999999999}, {"id": -9007199254740993, "price": -123456789.123456789}, {"id": -0, "price": 1e400}]'
          : []
    const typed = await rest.read({ pagination: { type: 'page' } })
    expect(typed.rows.slice(1_000).map(({ id, price }) => [id, price])).toEqual([
      [100n, '0.100000000'],
      [-12n, '-0.000000001'],
      [9223372036854775807n, '12345678901234567890123456789.500000000'],
      [10n, '999999999999999.000000000'],
      [-9007199254740993n, '-123456789.123456789'],
      [null, null],
    ])
    expect(typed.changes.map(({ value }) => value)).toEqual(['-0', '1e400'])
  })

  it('a field that appears late where asText or fields name it', async () => {
    const first = Array.from({ length: 1_000 }, (_, id) => ({ id }))
    rest.reply = (query) =>
      query.get('page') === '1' ? first : query.get('page') === '2' ? [{ id: 1, late: 1.5 }] : []
    const { rows, changes } = await rest.read({ pagination: { type: 'page' } }, { asText: ['late'] })
    expect(rows.at(-1)).toEqual({ id: 1n, late: '1.5' })
    expect(changes).toEqual([])
  })
})
