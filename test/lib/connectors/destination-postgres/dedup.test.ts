import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Field } from '../../../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../../../lib/connectors/columns/column-builder.ts'
import type { Batch } from '../../../../lib/connectors/connector.ts'
import { batchOf, field, int32, text, writerOf } from '../../../support/destination-postgres.ts'
import { type RunningPostgres, startPostgres } from '../../../support/postgres.ts'
import { streamOf } from '../../../support/sync.ts'

type Cell = number | string | null
type Rows = readonly (readonly Cell[])[]

interface Case {
  readonly title: string
  readonly key: readonly string[]
  readonly cursor?: string
  /** One sync each: rows of a, b (text) and at (integer). */
  readonly syncs: readonly Rows[]
  readonly left: Rows
}

const cases: readonly Case[] = [
  {
    title: 'a key with NULL in it is a key like others, whichever part it is',
    key: ['a', 'b'],
    cursor: 'at',
    syncs: [
      [
        ['x', null, 1],
        [null, 'x', 1],
        [null, null, 1],
        ['x', 'x', 1],
      ],
      [
        [null, null, 2],
        ['x', null, 2],
        [null, 'x', 0],
        ['', null, 1],
      ],
    ],
    left: [
      ['', null, 1],
      ['x', 'x', 1],
      ['x', null, 2],
      [null, 'x', 1],
      [null, null, 2],
    ],
  },
  {
    title: 'of rows with the same cursor the one that came last counts, also across syncs',
    key: ['a'],
    cursor: 'at',
    syncs: [
      [
        ['x', 'first', 1],
        ['x', 'second', 1],
      ],
      [
        ['x', 'third', 1],
        ['x', 'fourth', 1],
      ],
    ],
    left: [['x', 'fourth', 1]],
  },
  {
    title: 'a row without a cursor never replaces one with a cursor, and is replaced by it',
    key: ['a'],
    cursor: 'at',
    syncs: [
      [
        ['x', 'with', 1],
        ['y', 'without', null],
      ],
      [
        ['x', 'without', null],
        ['y', 'with', 1],
        ['z', 'without', null],
      ],
      [['z', 'without again', null]],
    ],
    left: [
      ['x', 'with', 1],
      ['y', 'with', 1],
      ['z', 'without again', null],
    ],
  },
  {
    title: 'several changes of a key in one sync leave the newest, NULL keys too',
    key: ['a'],
    cursor: 'at',
    syncs: [
      [
        ['x', 'old', 1],
        [null, 'old', 1],
        ['x', 'newest', 3],
        [null, 'newest', 3],
        ['x', 'middle', 2],
        [null, 'middle', 2],
      ],
    ],
    left: [
      ['x', 'newest', 3],
      [null, 'newest', 3],
    ],
  },
  {
    title: 'keys of text differ as their bytes do, not as people sort them',
    key: ['a'],
    cursor: 'b',
    syncs: [
      [
        ['a', 'a', 1],
        ['A', 'a', 1],
        ['é', 'a', 1],
        ['e\u0301', 'a', 1],
        ['a ', 'a', 1],
      ],
      [
        ['A', 'B', 2],
        ['é', 'Z', 2],
      ],
    ],
    // The cursor is text too: "B" and "Z" come before "a".
    left: [
      ['A', 'a', 1],
      ['a', 'a', 1],
      ['a ', 'a', 1],
      ['e\u0301', 'a', 1],
      ['é', 'a', 1],
    ],
  },
  {
    title: 'without a cursor the last row of a key counts',
    key: ['a', 'b'],
    syncs: [
      [
        ['x', null, 2],
        ['x', null, 1],
      ],
      [
        ['x', null, 3],
        ['x', null, 2],
        ['y', '', 1],
      ],
    ],
    left: [
      ['x', null, 2],
      ['y', '', 1],
    ],
  },
  {
    title: 'a key column that is named twice counts once',
    key: ['a', 'a'],
    cursor: 'at',
    syncs: [[['x', '', 1]], [['x', '', 2]]],
    left: [['x', '', 2]],
  },
]

describe('destination-postgres, append_dedup', () => {
  let server: RunningPostgres
  let client: Client
  let write: ReturnType<typeof writerOf>

  beforeAll(async () => {
    server = await startPostgres()
    client = new Client({ ...server, user: server.username })
    await client.connect()
    write = writerOf({ ...server, stop: undefined })
  })

  afterAll(async () => {
    await client?.end()
    await server?.stop()
  })

  const rowsOf = async (name: string, columns: string) =>
    (await client.query({ text: `SELECT ${columns} FROM ${name} ORDER BY 1, 2`, rowMode: 'array' })).rows

  const dedup = (name: string, key: readonly string[], cursor?: string) =>
    streamOf(name, {
      destinationSyncMode: 'append_dedup',
      primaryKey: key.map((column) => [column]),
      cursorField: cursor === undefined ? [] : [cursor],
    })

  it.each(cases.map((one, index) => ({ ...one, index })))('$title', async ({ key, cursor, syncs, left, index }) => {
    const stream = dedup(`case_${index}`, key, cursor)
    const fields = [field('a', text), field('b', text), field('at', int32)]
    for (const rows of syncs) await write(stream, fields, [batchOf(rows)])
    expect(await rowsOf(stream.name, 'a COLLATE "C", b COLLATE "C", at')).toEqual(left)
  })

  it('in a database with a language of its own text keys are the same', async () => {
    await client.query(
      "CREATE DATABASE language TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'und' LOCALE 'C.UTF-8'",
    )
    const there = new Client({ ...server, user: server.username, database: 'language' })
    await there.connect()
    const stream = dedup('words', ['a'], 'b')
    const fields = [field('a', text), field('b', text)]
    const config = { database: 'language' }
    await write(
      stream,
      fields,
      [
        batchOf([
          ['co-op', 'a'],
          ['coop', 'a'],
          ['Coop', 'a'],
          ['é', 'B'],
        ]),
      ],
      { config },
    )
    await write(
      stream,
      fields,
      [
        batchOf([
          ['coop', 'B'],
          ['Coop', 'b'],
          ['é', 'a'],
        ]),
      ],
      { config },
    )
    const { rows } = await there.query({ text: 'SELECT a, b FROM words ORDER BY a COLLATE "C"', rowMode: 'array' })
    expect(rows).toEqual([
      ['Coop', 'b'],
      ['co-op', 'a'],
      ['coop', 'a'],
      ['é', 'a'],
    ])
    await there.end()
  })

  it('-0 is the key that 0 is, NaN is one key, and 1.0 is 1.00', async () => {
    const fields: readonly Field[] = [
      field('f', { kind: 'float64' }),
      field('n', { kind: 'decimal', precision: 4, scale: 2 }),
    ]
    const floats = (...values: readonly (readonly [number, number])[]): Batch => {
      const [f, n] = [new ColumnBuilder(values.length), new ColumnBuilder(values.length)]
      for (const [key, value] of values) {
        f.appendFloat64(key)
        n.appendBigInt64(BigInt(value))
      }
      return { rows: values.length, sourceBytes: 1, columns: [f.build(), n.build()] }
    }
    await write(dedup('floats', ['f']), fields, [floats([0, 1], [Number.NaN, 1], [-0, 2], [Number.NaN, 2])])
    await write(dedup('floats', ['f']), fields, [floats([0, 3], [Number.NaN, 3], [Number.NEGATIVE_INFINITY, 3])])
    expect(await rowsOf('floats', 'f::text, n::text')).toEqual([
      ['-Infinity', '0.03'],
      ['0', '0.03'],
      ['NaN', '0.03'],
    ])
    // A numeric of a user's own keeps the digits that it was given.
    await client.query('CREATE TABLE numbers (f double precision, n numeric)')
    await client.query("INSERT INTO numbers VALUES (1, 1.0), (2, 'NaN')")
    await write(dedup('numbers', ['n']), fields, [floats([3, 100])], { config: { metadata_columns: false } })
    expect(await rowsOf('numbers', 'f, n::text')).toEqual([
      [2, 'NaN'],
      [3, '1.00'],
    ])
  })

  it('a large merge takes no time for each pair of rows', async () => {
    const stream = dedup('many', ['a', 'b'], 'at')
    const fields = [field('a', text), field('b', text), field('at', int32)]
    const rows = (at: number) =>
      batchOf(Array.from({ length: 20_000 }, (_, row) => [`key ${row}`, row % 2 === 0 ? null : `part ${row}`, at]))
    for (const at of [1, 2]) await write(stream, fields, [rows(at)])
    expect(await rowsOf('many', 'count(*)::int, min(at)')).toEqual([[20_000, 2]])
  })
})
