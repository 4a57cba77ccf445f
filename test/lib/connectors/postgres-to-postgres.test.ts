import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beginWriting, connect as connectDestination } from '../../../lib/connectors/destination-postgres/connection.ts'
import { destinationPostgres } from '../../../lib/connectors/destination-postgres/index.ts'
import { connect as connectSource } from '../../../lib/connectors/source-postgres/connection.ts'
import { sourcePostgres } from '../../../lib/connectors/source-postgres/index.ts'
import { emptyStatistics, runSync } from '../../../lib/engine/sync/pump.ts'
import { eventually } from '../../support/eventually.ts'
import { type RunningPostgres, startPostgres } from '../../support/postgres.ts'
import { streamOf } from '../../support/sync.ts'

/** A value of each type as SQL, at the ends of what the type holds. */
const values: readonly (readonly [type: string, ...literals: string[]])[] = [
  ['boolean', 'true', 'false'],
  ['smallint', '-32768', '32767'],
  ['integer', '-2147483648', '2147483647'],
  ['bigint', '-9223372036854775808', '9223372036854775807'],
  ['oid', '0', '4294967295'],
  ['real', "'NaN'", "'-Infinity'", '1e-45', "'-0'"],
  ['double precision', "'NaN'", "'Infinity'", '5e-324', '1.7976931348623157e308'],
  ['numeric(38,10)', '9999999999999999999999999999.9999999999', "'NaN'", '-0.0000000001'],
  ['numeric(3,-2)', '99900', '-100'],
  ['numeric', '1e-1000', "'Infinity'", '12345678901234567890123456789012345678901234567890'],
  ['money', "'-92233720368547758.08'"],
  ['text', "''", "repeat('Größe 🎉', 100000)"],
  ['char(5)', "'a'", "''"],
  ['varchar(10)', "'ünï'"],
  ['bytea', "''", "'\\x00ff00'"],
  ['uuid', "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  ['jsonb', "'1e400'", `'{"a": [1, "\\\\u00e9"]}'`, "'null'"],
  ['date', "'infinity'", "'-infinity'", "'4714-11-24 BC'", "'5874897-12-31'", "'0001-01-01'"],
  ['time', "'24:00'", "'00:00:00.000001'"],
  ['timetz', "'24:00-15:59'"],
  ['timestamp', "'infinity'", "'4714-11-24 BC'", "'294276-12-31 23:59:59.999999'"],
  ['timestamptz', "'-infinity'", "'0044-03-15 BC'", "'294276-12-31 23:59:59.999999Z'"],
  ['interval', "'178000000 years -3 mons 1 us'"],
  ['int[]', "'{{1,NULL},{3,4}}'", "'{}'"],
  ['text[]', `'{"a,\\"b\\"",NULL,""}'`],
  ['int4range', "'[1,5)'", "'empty'"],
  ['inet', "'::1/64'"],
  ['bit(3)', "B'101'"],
  ['mood', "'happy'"],
  ['pair', `ROW(1, 'a,"b')`],
  ['positive', '1', '2147483647'],
]
/** Types that the destination keeps in another one: compared as what they become. */
const becomes: Readonly<Record<string, string>> = { 'int[]': 'to_json(%)::jsonb', 'text[]': 'to_json(%)::jsonb' }
const kept = new Set(
  'smallint oid real boolean integer bigint date time timestamp timestamptz uuid jsonb bytea positive'.split(' '),
)

describe('Postgres to Postgres', () => {
  let server: RunningPostgres
  let sql: pg.Client

  beforeAll(async () => {
    server = await startPostgres()
    const { host, port, database, username: user, password } = server
    sql = new pg.Client({ host, port, database, user, password })
    await sql.connect()
    await sql.query(`CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TYPE pair AS (a int, b text);
      CREATE DOMAIN positive AS integer CHECK (VALUE > 0); SET TimeZone = 'UTC'; SET IntervalStyle = 'postgres'`)
    for (const [index, [type, ...literals]] of values.entries()) {
      await sql.query(`CREATE TABLE t${index} (row serial, v ${type})`)
      for (const literal of [...literals, 'NULL'])
        await sql.query(`INSERT INTO t${index} (v) VALUES (CAST(${literal} AS ${type}))`)
    }
  })

  afterAll(async () => {
    await sql?.end()
    await server?.stop()
  })

  const move = async (
    name: string,
    schema: string,
    metadata: boolean,
    { signal = new AbortController().signal, role = {} } = {},
  ) => {
    const { host, port, database, username, password } = server
    const config = { host, port, database, username, password, ...role }
    await using source = await sourcePostgres.open(sourcePostgres.parseConfig(config), signal)
    const toConfig = destinationPostgres.parseConfig({ ...config, metadata_columns: metadata })
    await using destination = await destinationPostgres.open(toConfig, signal)
    const stream = streamOf(name, { destinationSyncMode: 'overwrite' })
    const planned = { stream, target: { name, namespace: schema }, generationId: 5 }
    const statistics = [emptyStatistics(planned)]
    const identity = { connectionId: 'c', jobId: 1, attempt: 0, startedAt: new Date() }
    const report = { state: () => undefined, complete: () => undefined, log: () => undefined }
    await runSync({ source, destination, streams: [planned], identity, statistics, report, signal })
    return statistics[0]
  }

  it.each(values.map(([type], index) => [type, index] as const))('%s arrives as it is', async (type, index) => {
    const statistics = await move(`t${index}`, 'copied', index % 2 === 0)
    expect(statistics).not.toHaveProperty('leftOut')
    const source = kept.has(type) ? 'v' : (becomes[type] ?? '%::text').replace('%', 'v')
    const target = kept.has(type) || becomes[type] || type.startsWith('numeric(') ? 'v' : 'v::text'
    const expected = type === 'char(5)' ? `rpad(v, 5)` : type.startsWith('numeric(') ? 'v' : source
    const { rows: before } = await sql.query(`SELECT row, (${expected})::text AS v FROM t${index} ORDER BY row`)
    const { rows: after } = await sql.query(`SELECT row, (${target})::text AS v FROM copied.t${index} ORDER BY row`)
    expect(after).toEqual(before)
    expect(statistics?.recordsCommitted).toBe(before.length)
  })

  it('rows larger than a batch, and more rows than one holds, keep their order and their metadata', async () => {
    await sql.query(
      `CREATE TABLE large AS SELECT i, repeat(md5(i::text), CASE WHEN i % 40 = 0 THEN 60000 ELSE 1 END) AS body FROM generate_series(1, 400) i`,
    )
    await move('large', 'copied', true)
    const facts = (table: string) =>
      sql.query(`SELECT count(*), sum(i), md5(string_agg(body, '' ORDER BY ctid)) AS md5 FROM ${table}`)
    expect((await facts('copied.large')).rows).toEqual((await facts('large')).rows)
    const { rows } =
      await sql.query(`SELECT count(DISTINCT _airbyte_raw_id)::int AS ids, min(_airbyte_generation_id)::int AS generation,
      min(_airbyte_meta::text) AS meta, bool_and(_airbyte_extracted_at > now() - interval '1 min') AS now FROM copied.large`)
    expect(rows).toEqual([{ ids: 400, generation: 5, meta: '{"changes": [], "sync_id": 1}', now: true }])
  })

  it('json goes through columns: what jsonb refuses is left out and counted', async () => {
    await sql.query(`CREATE TABLE documents AS SELECT 1 AS i, '{"a": "\\u0000"}'::json AS body`)
    const statistics = await move('documents', 'copied', true)
    const reason = 'DESTINATION_SERIALIZATION_ERROR'
    expect(statistics?.leftOut).toEqual([{ field: 'body', reason, values: 1, example: '{"a": "\\u0000"}' }])
    const { rows } = await sql.query(`SELECT body, _airbyte_meta -> 'changes' AS changes FROM copied.documents`)
    expect(rows).toEqual([
      { body: null, changes: [{ field: 'body', change: 'NULLED', reason: 'DESTINATION_SERIALIZATION_ERROR' }] },
    ])
  })

  it('an array becomes the same JSON whether its rows travel undecoded or as columns', async () => {
    const arrays: Readonly<Record<string, string>> = {
      'boolean[]': "'{t,NULL,f}'",
      'smallint[]': "'{-32768}'",
      'int[]': "'{}'",
      'bigint[]': "'{9223372036854775807}'",
      'oid[]': "'{4294967295}'",
      'real[]': "'{0.1,NaN,-Infinity,-0,1e-45,3.4028235e38}'",
      'float8[]': "'{1e21,5e-324,Infinity,0.1,123456789012345680000}'",
      'numeric(38,10)[]': "'{1.5,-9999999999999999999999999999.9999999999}'",
      'numeric(3,-2)[]': "'{99900}'",
      'text[]': `ARRAY['', 'a"b\\', E'\\n\\t', 'NULL', 'ünï 🎉', NULL]`,
      'char(3)[]': "'{a}'",
      'bytea[]': `ARRAY[''::bytea, '\\x00ff']`,
      'uuid[]': "'{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}'",
      'jsonb[]': `ARRAY['{"a": [1e400, 1.50]}'::jsonb, 'null']`,
      'date[]': "'{0001-01-01,2024-02-29,12024-01-01,5874897-12-31}'",
      'time[]': "'{24:00,12:00:00.1,12:00:00.000001,10:20:30}'",
      'timestamp[]': "'{0001-01-01,2024-02-29 10:20:00,2024-02-29 12:00:00.120000,12024-01-01}'",
      'timestamptz[]': "'{2024-02-29 12:00:00.000001-08}'",
    }
    const names = Object.keys(arrays).map((_, index) => `a${index}`)
    const columns = Object.entries(arrays).map(([type, literal], index) => `CAST(${literal} AS ${type}) AS a${index}`)
    // A column of json keeps rows from travelling undecoded.
    await sql.query(`CREATE TABLE arrays AS SELECT ${columns}; INSERT INTO arrays (a0) VALUES (NULL), ('{}');
      CREATE TABLE arrays_by_columns AS SELECT *, '1'::json AS document FROM arrays`)
    await move('arrays', 'copied', true)
    await move('arrays_by_columns', 'copied', false)
    const rowsOf = async (table: string, wrap: (name: string) => string) =>
      (await sql.query(`SELECT ${names.map((name) => `${wrap(name)} AS ${name}`)} FROM ${table}`)).rows
    const oids = names[Object.keys(arrays).indexOf('oid[]')]
    const expected = await rowsOf(
      'arrays',
      (name) => `to_json(${name}${name === oids ? '::bigint[]' : ''})::jsonb::text`,
    )
    expect(await rowsOf('copied.arrays', (name) => `${name}::text`)).toEqual(expected)
    expect(await rowsOf('copied.arrays_by_columns', (name) => `${name}::text`)).toEqual(expected)
    const types = (table: string) => rowsOf(`(SELECT * FROM copied.${table} LIMIT 1) t`, (name) => `pg_typeof(${name})`)
    expect(await types('arrays_by_columns')).toEqual(await types('arrays'))
  })

  it('an array that is no list travels undecoded as it is, and by columns is left out and counted', async () => {
    await sql.query(`CREATE TABLE grids AS SELECT '{{1,2}}'::int[] AS v; CREATE TABLE grids_by_columns AS SELECT *, '1'::json AS document FROM grids;
      CREATE TABLE escapes AS SELECT ARRAY['{"a": "\\u0000"}']::json[] AS v`)
    expect(await move('grids', 'copied', true)).not.toHaveProperty('leftOut')
    expect((await sql.query('SELECT v FROM copied.grids')).rows).toEqual([{ v: [[1, 2]] }])
    const reason = 'SOURCE_SERIALIZATION_ERROR'
    expect(await move('grids_by_columns', 'copied', true)).toMatchObject({
      leftOut: [{ field: 'v', reason, values: 1, example: '{{1,2}}' }],
    })
    expect((await sql.query('SELECT v FROM copied.grids_by_columns')).rows).toEqual([{ v: null }])
    const strict = move('grids_by_columns', 'copied', false)
    await expect(strict).rejects.toMatchObject({ code: 'connector_config', message: expect.stringContaining('asText') })
    await move('escapes', 'copied', true)
    expect((await sql.query(`SELECT v, _airbyte_meta -> 'changes' AS changes FROM copied.escapes`)).rows).toEqual([
      { v: null, changes: [{ field: 'v', change: 'NULLED', reason: 'DESTINATION_SERIALIZATION_ERROR' }] },
    ])
  })

  it('limits and styles that are set for a role end no sync and change no value', async () => {
    await sql.query(`CREATE ROLE limited LOGIN SUPERUSER PASSWORD 'limited';
      CREATE VIEW lasting AS SELECT i, pg_sleep(0.01)::text AS slept, ROW(0.1::float8 + 0.2, interval '1 day', date '2024-02-01')::text AS row FROM generate_series(1, 30) i`)
    const settings = `statement_timeout = 100; idle_in_transaction_session_timeout = 100; idle_session_timeout = 100; transaction_timeout = 200;
      default_transaction_isolation = serializable; DateStyle = German; IntervalStyle = sql_standard; extra_float_digits = -10; client_encoding = LATIN1`
    for (const setting of settings.split(';')) await sql.query(`ALTER ROLE limited SET ${setting}`)
    const limited = { username: 'limited', password: 'limited' }
    await move('lasting', 'copied', true, { role: limited })
    const { rows } = await sql.query('SELECT count(*)::int AS rows, min(row) AS row FROM copied.lasting')
    expect(rows).toEqual([{ rows: 30, row: '(0.30000000000000004,"1 day",2024-02-01)' }])
  })

  it('a transaction leaves no setting behind: a pooler gives its connection to others', async () => {
    const { signal } = new AbortController()
    const { host, port, database, username, password } = server
    const config = { host, port, database, username, password }
    const reader = await connectSource(sourcePostgres.parseConfig(config), signal)
    const writer = await connectDestination(destinationPostgres.parseConfig(config), signal)
    await writer.query(beginWriting)
    for (const client of [reader, writer]) {
      const own =
        "SELECT name FROM pg_settings WHERE source = 'session' AND name <> 'transaction_isolation' AND name <> 'transaction_read_only'"
      expect((await client.query(own)).rowCount).toBeGreaterThan(2)
      await client.query('COMMIT')
      expect((await client.query(own)).rows).toEqual([])
      await client.end()
    }
  })

  it('a table without columns keeps its rows', async () => {
    await sql.query('CREATE TABLE bare (); INSERT INTO bare DEFAULT VALUES; INSERT INTO bare DEFAULT VALUES')
    await move('bare', 'copied', true)
    expect((await sql.query('SELECT count(*)::int AS n FROM copied.bare')).rows).toEqual([{ n: 2 }])
  })

  it('an abort leaves nothing and frees the source', async () => {
    await sql.query(`CREATE VIEW slow AS SELECT i, pg_sleep(0.01)::text AS slept FROM generate_series(1, 100000) i`)
    const abort = new AbortController()
    const moving = move('slow', 'copied', false, abort)
    moving.catch(() => undefined)
    await eventually(async () => {
      const { rows } = await sql.query(
        `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT%slow%' AND wait_event = 'PgSleep'`,
      )
      return rows.length > 0 || undefined
    })
    abort.abort(new Error('cancelled'))
    await expect(moving).rejects.toThrow()
    expect((await sql.query(`SELECT to_regclass('copied.slow') AS t`)).rows).toEqual([{ t: null }])
  })
})
