import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { destinationS3 } from '../../../lib/connectors/destination-s3/index.ts'
import { sourcePostgres } from '../../../lib/connectors/source-postgres/index.ts'
import { readByDuckDb } from '../../support/duckdb.ts'
import { type RunningPostgres, startPostgres } from '../../support/postgres.ts'
import { type RunningS3, s3Configuration, startS3 } from '../../support/s3.ts'
import { streamOf, sync } from '../../support/sync.ts'

describe('Postgres to S3', () => {
  let server: RunningPostgres
  let s3: RunningS3
  let client: Client

  beforeAll(async () => {
    server = await startPostgres()
    s3 = await startS3()
    client = new Client({ ...server, user: server.username })
    await client.connect()
  })

  afterAll(async () => {
    await client?.end()
    await server?.stop()
    await s3?.stop()
  })

  const run = (stream: ReturnType<typeof streamOf>, state?: Parameters<typeof sync>[0]['state'], format: object = {}) =>
    sync({
      source: { connector: sourcePostgres, config: server },
      destination: {
        connector: destinationS3,
        config: { ...s3Configuration(s3, 'bronze'), format: { format_type: 'Parquet', ...format } },
      },
      stream,
      ...(state ? { state } : {}),
    })

  const found = async (name: string, select: string) => {
    const rows = []
    for (const key of await s3.keys(`bronze/public/${name}/`))
      rows.push(...(await readByDuckDb(await s3.get(key), select)))
    return rows
  }

  it('every row arrives, value by value, and a second sync moves only what changed', async () => {
    await client.query(`CREATE TABLE orders AS SELECT i AS id, 'customer ' || i AS customer, (i * 1.25)::numeric(12,2) AS amount,
      timestamptz '2024-01-01' + i * interval '1 minute' AS updated_at, CASE WHEN i % 7 <> 0 THEN repeat('note ' || i, i % 50) END AS note
      FROM generate_series(1, 30000) i`)
    const stream = streamOf('orders', { syncMode: 'incremental', cursorField: ['updated_at'] })
    const first = await run(stream)
    expect(first.committed.rows).toBe(30_000)
    const select =
      'id::VARCHAR AS id, customer, amount::VARCHAR AS amount, epoch_us(updated_at)::VARCHAR AS updated_at, note'
    const expected = await client.query(`SELECT id::text, customer, amount::text,
      (extract(epoch FROM updated_at) * 1000000)::bigint::text AS updated_at, note FROM orders ORDER BY orders.id`)
    const rows = await found('orders', select)
    expect(rows.sort((a, b) => Number(a.id) - Number(b.id))).toEqual(expected.rows)
    expect((await run(stream, first.state)).committed.rows).toBe(0)
    await client.query("UPDATE orders SET updated_at = timestamptz '2025-01-01' WHERE id <= 3")
    expect((await run(stream, first.state)).committed.rows).toBe(3)
    expect(await found('orders', 'id')).toHaveLength(30_003)
  })

  it('arrays are lists in the file; without metadata columns one that is no list is refused by name', async () => {
    await client.query(
      `CREATE TABLE tagged (id int, tags text[]); INSERT INTO tagged VALUES (1, '{a,NULL}'), (2, '{}'), (3, NULL)`,
    )
    await run(streamOf('tagged'), undefined, { metadata_columns: false })
    expect(await found('tagged', 'typeof(tags) AS type, to_json(tags)::VARCHAR AS tags')).toEqual([
      { type: 'VARCHAR[]', tags: '["a",null]' },
      { type: 'VARCHAR[]', tags: '[]' },
      { type: 'VARCHAR[]', tags: null },
    ])
    await client.query(`INSERT INTO tagged VALUES (4, ARRAY[[repeat('x', 100000)]])`)
    const refused = run(streamOf('tagged'), undefined, { metadata_columns: false })
    await expect(refused).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringMatching(/^Stream tagged, column tags: the value \{\{x{150,200}… has .{0,100}\(asText\)/),
    })
  })

  it('a table without columns still has its rows, also without metadata columns', async () => {
    await client.query('CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES')
    expect((await run(streamOf('nothing'), undefined, { metadata_columns: false })).committed.rows).toBe(1)
    expect(await found('nothing', '_airbyte_raw_id')).toHaveLength(1)
  })

  it('a column that is called like a metadata column is refused by name', async () => {
    await client.query('CREATE TABLE twins (id int, _airbyte_meta text); INSERT INTO twins VALUES (1, NULL)')
    await expect(run(streamOf('twins'))).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringContaining('"_airbyte_meta"'),
    })
    expect((await run(streamOf('twins'), undefined, { metadata_columns: false })).committed.rows).toBe(1)
  })
})
