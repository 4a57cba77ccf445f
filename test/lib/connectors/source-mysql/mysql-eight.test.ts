import { describe, expect, it } from 'vitest'
import { sourceMysql } from '../../../../lib/connectors/source-mysql/index.ts'
import { issue, makeAuthority } from '../../../support/certificates.ts'
import {
  type Answer,
  lengthAnd,
  type Refusal,
  type Result,
  type ResultColumn,
  startMysqlEight,
  textRow,
} from '../../../support/mysql-eight.ts'
import { readStream, streamOf } from '../../../support/sync.ts'

const password = 'canary-eight'
const binary = 63
const unsigned = 32
/** Bytes of a result without NULL among up to six columns. */
const noNull = Buffer.from([0, 0])

/** What information_schema says of each column, how its values come, and what they are. */
const columns: readonly (readonly [
  name: string,
  facts: readonly [
    dataType: string,
    columnType: string,
    precision: string | null,
    scale: string | null,
    charset: string | null,
  ],
  wire: Omit<ResultColumn, 'name'>,
  bytes: Buffer,
  value: unknown,
])[] = [
  [
    'doc',
    ['json', 'json', null, null, null],
    { type: 245, charset: binary },
    lengthAnd('{"a": "é🎉"}'),
    '{"a": "é🎉"}',
  ],
  ['note', ['varchar', 'varchar(9)', null, null, 'utf8mb4'], { type: 253, charset: 309 }, lengthAnd('é🎉'), 'é🎉'],
  [
    'sense',
    ['vector', 'vector(1)', null, null, null],
    { type: 242, charset: binary },
    lengthAnd(Buffer.from([0, 0, 128, 63])),
    Buffer.from([0, 0, 128, 63]),
  ],
  // Of an expression such as IF(a, b, 1) the server writes the digits that there are.
  [
    'total',
    ['decimal', 'decimal(5,2)', '5', '2', null],
    { type: 246, charset: binary, decimals: 2 },
    lengthAnd('1'),
    '1.00',
  ],
  ['born', ['year', 'year', null, null, null], { type: 13, charset: binary, flags: unsigned }, Buffer.from([0, 0]), 0],
  ['text', ['longtext', 'longtext', null, null, 'utf8mb4'], { type: 252 }, lengthAnd('{}'), '{}'],
]

const texts = (names: string, ...rows: (string | null)[][]): Result => ({
  columns: names.split(' ').map((name) => ({ name, type: 253 })),
  rows: rows.map(textRow),
})

const answer =
  (rows: Result['rows'], error?: Refusal) =>
  (sql: string): Answer => {
    if (/max_statement_time|idle_/.test(sql)) return { errno: 1193, message: 'Unknown system variable' }
    if (/^(SET|START TRANSACTION|DO)/.test(sql)) return 'ok'
    if (sql.includes('VERSION()')) return texts('version name', ['8.4.3', 'one:3306'])
    if (sql.includes('COUNT(*)')) return texts('readable', ['1'])
    if (sql.includes('information_schema.TABLES')) return texts('t type', ['t', 'BASE TABLE'])
    if (sql.includes('information_schema.CHECK_CONSTRAINTS'))
      return { errno: 1054, message: "Unknown column 'LEVEL' in 'where clause'" }
    if (sql.includes('KEY_COLUMN_USAGE')) return texts('t name')
    if (sql.includes('information_schema.COLUMNS'))
      return texts(
        't name dataType columnType prec scale charset collation nullable',
        ...columns.map(([name, [dataType, columnType, precision, scale, charset]]) => [
          ...['t', name, dataType, columnType, precision, scale, charset],
          ...[charset && 'utf8mb4_bin', 'NO'],
        ]),
      )
    if (!sql.includes('FROM `shop`.`t`')) return { errno: 1064, message: `unexpected: ${sql}` }
    return {
      columns: columns.map(([, , wire], index) => ({ name: `c${index}`, ...wire })),
      rows,
      ...(error ? { error } : {}),
    }
  }

const row = Buffer.concat([noNull, ...columns.map(([, , , bytes]) => bytes)])
const configOf = (port: number, more: object = {}) => ({
  ...{ host: '127.0.0.1', port, database: 'shop', username: 'tester', password },
  ...more,
})
const stream = streamOf('t', { namespace: 'shop' })

/** What MySQL 8 sends and the MariaDB of the other tests does not. */
describe('MySQL 8', () => {
  it('logs in by caching_sha2_password without TLS, and its types are what they are', async () => {
    await using server = await startMysqlEight({ password, answer: answer([row, row]) })
    const config = configOf(server.port)
    expect(await sourceMysql.check(sourceMysql.parseConfig(config), AbortSignal.timeout(10_000))).toEqual([])
    const { fields, rows } = await readStream(sourceMysql, config, stream)
    const expected = Object.fromEntries(columns.map(([name, , , , value]) => [name, value]))
    expect(rows).toEqual([expected, expected])
    expect(fields.map(({ type }) => type.kind)).toEqual(['json', 'text', 'binary', 'decimal', 'int32', 'text'])
    const wrong = sourceMysql.parseConfig(configOf(server.port, { password: 'canary-wrong' }))
    expect(await sourceMysql.check(wrong, AbortSignal.timeout(10_000))).toMatchObject([{ pointer: '/password' }])
  })

  it('logs in over TLS, and rows travel in records of one byte', async () => {
    const authority = await makeAuthority('eight')
    const tls = await issue(authority, 'localhost')
    await using server = await startMysqlEight({ password, tls, answer: answer([row]) })
    const ssl_mode = { mode: 'verify_identity', ca_certificate: authority.certificate }
    const { rows } = await readStream(sourceMysql, configOf(server.port, { host: 'localhost', ssl_mode }), stream)
    expect(rows).toEqual([Object.fromEntries(columns.map(([name, , , , value]) => [name, value]))])
  })

  it.each([
    [
      { errno: 1317, message: 'Query execution was interrupted' },
      /ER_QUERY_INTERRUPTED \(Query execution was interrupted\)/,
    ],
    [{ errno: 1205, message: 'Lock wait timeout exceeded' }, /locked for more than 60 s .*Lock wait timeout exceeded/],
    [{ errno: 1412, message: 'Table definition has changed' }, /Table definition has changed/],
  ])('failure %o among the rows passes, and is told', async (failure, message) => {
    await using server = await startMysqlEight({ password, answer: answer([row], failure) })
    const reading = readStream(sourceMysql, configOf(server.port), stream)
    await expect(reading).rejects.toMatchObject({
      code: 'connector_transient',
      message: expect.stringMatching(message),
    })
  })

  it('a sort that the server has no memory for is not tried again', async () => {
    const failure = { errno: 1038, message: 'Out of sort memory, consider increasing server sort buffer size' }
    await using server = await startMysqlEight({ password, answer: answer([], failure) })
    const reading = readStream(sourceMysql, configOf(server.port), stream)
    await expect(reading).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringContaining(failure.message),
    })
  })

  it('an aborted read kills nothing on another server behind the same address', async () => {
    const executed = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<Answer>()
    const killed: string[] = []
    let logins = 0
    let selects = 0
    await using server = await startMysqlEight({
      password,
      answer(sql) {
        if (sql.startsWith('KILL')) killed.push(sql)
        if (sql.includes('@@hostname')) {
          if (logins === 1) ended.resolve({ errno: 1317, message: 'Query execution was interrupted' })
          return texts('version name', ['8.4.3', `server ${logins++}`])
        }
        if (!sql.includes('FROM `shop`.`t`') || selects++ === 0) return answer([])(sql)
        executed.resolve()
        return ended.promise
      },
    })
    const abort = new AbortController()
    const reason = new Error('enough')
    await using open = await sourceMysql.open(sourceMysql.parseConfig(configOf(server.port)), abort.signal)
    const { batches } = await open.read(stream, undefined, abort.signal)
    const reading = expect(Array.fromAsync(batches)).rejects.toBe(reason)
    await executed.promise
    abort.abort(reason)
    await reading
    expect([logins > 1, killed]).toEqual([true, []])
  })

  const silence = new Promise<never>(() => {})

  it.each(['check', 'discover', 'open'] as const)(
    '%s ends with its signal when the server says nothing',
    async (name) => {
      const asked = Promise.withResolvers<void>()
      await using server = await startMysqlEight({
        password,
        answer(sql) {
          if (sql.includes('VERSION()')) return answer([])(sql)
          asked.resolve()
          return silence
        },
      })
      const abort = new AbortController()
      const reason = new Error('enough')
      const working = expect(
        sourceMysql[name](sourceMysql.parseConfig(configOf(server.port)), abort.signal),
      ).rejects.toBe(reason)
      await asked.promise
      abort.abort(reason)
      await working
    },
  )
})
