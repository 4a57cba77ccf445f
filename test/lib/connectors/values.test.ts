import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Source } from '../../../lib/connectors/connector.ts'
import { destinationPostgres } from '../../../lib/connectors/destination-postgres/index.ts'
import { destinationS3 } from '../../../lib/connectors/destination-s3/index.ts'
import { sourceMysql } from '../../../lib/connectors/source-mysql/index.ts'
import { sourcePostgres } from '../../../lib/connectors/source-postgres/index.ts'
import mysqlValues from '../../corpus/mysql-values.json' with { type: 'json' }
import postgresValues from '../../corpus/postgres-values.json' with { type: 'json' }
import { readCsvByDuckDb } from '../../support/duckdb.ts'
import { hasMariaDb, type MariaDb, startMariaDb } from '../../support/mariadb.ts'
import { type RunningPostgres, startPostgres } from '../../support/postgres.ts'
import { type RunningS3, s3Configuration, startS3 } from '../../support/s3.ts'
import { streamOf, sync } from '../../support/sync.ts'

interface ValueCase {
  readonly type: string
  readonly value: string
  readonly text: string | null
  readonly times?: number
  readonly json?: string
  readonly postgres?: string
}

/** A column for each case, with the value in the first row and NULL in the second. */
const tableOf = (cases: readonly ValueCase[]): string => `
  CREATE TABLE cases (id int PRIMARY KEY, ${cases.map(({ type }, index) => `c${index} ${type}`).join(', ')});
  INSERT INTO cases VALUES (1, ${cases.map(({ value }) => value).join(', ')});
  INSERT INTO cases VALUES (2, ${cases.map(() => 'NULL').join(', ')})`

/** The case, its text in both rows, and the name that it goes by in a failure. */
const expectedOf = (cases: readonly ValueCase[], textOf: (one: ValueCase) => string | null) =>
  cases.map((one) => [`${one.type} ${one.value}`, textOf(one), null])
const csvOf = ({ text, times = 1 }: ValueCase) => text?.repeat(times) ?? null
const jsonOf = (one: ValueCase) => {
  const text = csvOf(one)
  if (text === null) return 'null'
  return one.json === undefined ? JSON.stringify(text) : one.json === 'as it is' ? text : one.json
}
const isLeftOut = ({ text, json }: ValueCase, format: string) =>
  text === null || (format === 'JSONL' && json === 'null')

let postgres: RunningPostgres
let sql: Client
let s3: RunningS3

beforeAll(async () => {
  ;[postgres, s3] = await Promise.all([startPostgres(), startS3()])
  sql = new Client({ ...postgres, user: postgres.username })
  await sql.connect()
})

afterAll(async () => {
  await sql?.end()
  await postgres?.stop()
  await s3?.stop()
})

/** Moves the table of the cases to an object of that format; the text of it, and what was left out of its first row. */
const asObject = async (connector: Source, config: unknown, namespace: string, format_type: 'JSONL' | 'CSV') => {
  const format = { format_type, flattening: 'Root level flattening' }
  const path = `${connector.name}-${format_type}`
  await sync({
    source: { connector, config },
    destination: { connector: destinationS3, config: { ...s3Configuration(s3, path), format } },
    stream: streamOf('cases', { namespace }),
  })
  const [key = ''] = await s3.keys(path)
  return Buffer.from(await s3.get(key))
}

const describeValues = (
  connector: Source,
  cases: readonly ValueCase[],
  source: () => { config: unknown; namespace: string },
) => {
  it('are in CSV what they should be, NULL and empty told apart', async () => {
    const { config, namespace } = source()
    const [first, second] = await readCsvByDuckDb(await asObject(connector, config, namespace, 'CSV'))
    const found = cases.map(({ type, value }, index) => [
      `${type} ${value}`,
      first?.[`c${index}`],
      second?.[`c${index}`],
    ])
    expect(found).toEqual(expectedOf(cases, csvOf))
    expect(changesOf(first)).toEqual(leftOut(cases, 'CSV'))
  })

  it('are in JSON lines what they should be, digit by digit', async () => {
    const { config, namespace } = source()
    const text = (await asObject(connector, config, namespace, 'JSONL')).toString('utf8')
    const [first = '', second = ''] = text.trim().split('\n')
    const tail = (line: string) => line.slice(line.indexOf('"c0":'))
    const members = (textOf: (one: ValueCase) => string) =>
      `${cases.map((one, index) => `"c${index}":${textOf(one)}`).join(',')}}`
    expect(tail(first).split(',"c')).toEqual(members(jsonOf).split(',"c'))
    expect(tail(second)).toBe(members(() => 'null'))
    expect(changesOf(JSON.parse(first))).toEqual(leftOut(cases, 'JSONL'))
  })
}

const changesOf = (row: Readonly<Record<string, unknown>> | undefined): string[] => {
  const meta = row?._airbyte_meta
  const { changes } = (typeof meta === 'string' ? JSON.parse(meta) : meta) as { changes: { field: string }[] }
  return changes.map(({ field }) => field).sort()
}
const leftOut = (cases: readonly ValueCase[], format: string) =>
  cases.flatMap((one, index) => (isLeftOut(one, format) ? [`c${index}`] : [])).sort()

describe('values of Postgres', () => {
  beforeAll(async () => {
    await sql.query(`CREATE TYPE mood AS ENUM ('sad', 'very happy'); CREATE TYPE pair AS (number int, word text);
      CREATE DOMAIN positive AS bigint CHECK (VALUE > 0); CREATE DOMAIN price AS numeric(10,2);
      ${tableOf(postgresValues)}`)
  })

  describeValues(sourcePostgres as Source, postgresValues, () => ({ config: postgres, namespace: 'public' }))
})

describe.runIf(hasMariaDb())('values of MariaDB', () => {
  let server: MariaDb

  beforeAll(async () => {
    server = await startMariaDb(['--max-allowed-packet=64M'])
    const connection = await server.connect()
    await connection.query("SET sql_mode = '', time_zone = '+00:00'")
    await connection.query(tableOf(mysqlValues))
    await connection.end()
  })

  afterAll(() => server?.stop())

  describeValues(sourceMysql as Source, mysqlValues, () => ({ config: server, namespace: 'shop' }))

  it('are in Postgres what they should be', async () => {
    await sync({
      source: { connector: sourceMysql as Source, config: server },
      destination: { connector: destinationPostgres, config: postgres },
      stream: streamOf('cases', { namespace: 'shop' }),
    })
    await sql.query("SET TimeZone = 'UTC'; SET extra_float_digits = 1")
    const texts = mysqlValues.map((_, index) => `c${index}::text`).join(', ')
    const { rows } = await sql.query({ text: `SELECT ${texts} FROM shop.cases ORDER BY id`, rowMode: 'array' })
    const found = mysqlValues.map(({ type, value }, index) => [`${type} ${value}`, rows[0]?.[index], rows[1]?.[index]])
    expect(found).toEqual(expectedOf(mysqlValues, (one) => one.postgres ?? csvOf(one)))
  })
})
