import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lockAlone } from '../../../../lib/connectors/destination-postgres/table-lock.ts'
import { batchOf, field, int32, text, writerOf } from '../../../support/destination-postgres.ts'
import { type RunningPostgres, startPostgres } from '../../../support/postgres.ts'
import { streamOf } from '../../../support/sync.ts'

describe('destination-postgres, overwrite of a table that users have made theirs', () => {
  let server: RunningPostgres
  let client: Client
  let write: ReturnType<typeof writerOf>
  const people = [field('id', int32), field('note', text)]

  beforeAll(async () => {
    server = await startPostgres()
    client = new Client({ ...server, user: server.username })
    await client.connect()
    await client.query(`CREATE ROLE "the analyst" LOGIN PASSWORD 'analyst'; CREATE ROLE reader; CREATE ROLE other;
      CREATE ROLE loader LOGIN PASSWORD 'loader'; GRANT CREATE, USAGE ON SCHEMA public TO loader`)
    write = writerOf({ ...server, stop: undefined })
  })

  afterAll(async () => {
    await client?.end()
    await server?.stop()
  })

  const overwrite = (name: string, rows: Parameters<typeof batchOf>[0], fields = people, config: object = {}) =>
    write(streamOf(name, { destinationSyncMode: 'overwrite' }), fields, [batchOf(rows)], { config })
  const one = async (sql: string) => (await client.query({ text: sql, rowMode: 'array' })).rows[0]?.[0]
  const oidOf = (name: string) => one(`SELECT '${name}'::regclass::oid`)
  const privilegesOf = (name: string) =>
    one(`SELECT array_agg(x ORDER BY x) FROM (SELECT unnest(relacl)::text FROM pg_class WHERE oid = '${name}'::regclass
      UNION ALL SELECT attname || ' ' || unnest(attacl)::text FROM pg_attribute WHERE attrelid = '${name}'::regclass) s (x)`)

  it('privileges and comments of table and columns are given to the new table', async () => {
    await overwrite('granted', [[1, 'old']])
    await client.query(`GRANT SELECT ON granted TO "the analyst", PUBLIC; GRANT SELECT, INSERT ON granted TO reader WITH GRANT OPTION;
      GRANT UPDATE (note) ON granted TO "the analyst"; COMMENT ON TABLE granted IS 'it''s theirs'; COMMENT ON COLUMN granted.note IS 'a "note"'`)
    const [before, privileges] = [await oidOf('granted'), await privilegesOf('granted')]
    expect(privileges.length).toBeGreaterThan(3)
    for (const note of ['new', 'newer']) await overwrite('granted', [[2, note]])
    expect(await oidOf('granted')).not.toBe(before)
    expect(await one('SELECT note FROM granted')).toBe('newer')
    expect(await privilegesOf('granted')).toEqual(privileges)
    expect(await one(`SELECT obj_description('granted'::regclass, 'pg_class')`)).toBe("it's theirs")
    const note = `(SELECT attnum FROM pg_attribute WHERE attrelid = 'granted'::regclass AND attname = 'note')`
    expect(await one(`SELECT col_description('granted'::regclass, ${note})`)).toBe('a "note"')
    // Of a column that is gone there is nothing to give.
    await overwrite('granted', [[3]], [field('id', int32)])
    expect(await one('SELECT id FROM granted')).toBe(3)
  })

  it('what was taken back stays taken back, whatever default privileges give to new tables', async () => {
    await overwrite('revoked', [[1, 'old']])
    await client.query('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO other')
    await overwrite('revoked', [[2, 'given']])
    expect(await one(`SELECT has_table_privilege('other', 'revoked', 'SELECT')`)).toBe(true)
    await client.query('REVOKE ALL ON revoked FROM other; GRANT SELECT ON revoked TO reader')
    await overwrite('revoked', [[3, 'taken back']])
    expect(await one(`SELECT has_table_privilege('other', 'revoked', 'SELECT')`)).toBe(false)
    expect(await one(`SELECT has_table_privilege('reader', 'revoked', 'SELECT')`)).toBe(true)
    await client.query('ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM other')
  })

  it('views go on working and see the new rows; columns come and go where no view uses them', async () => {
    await overwrite('viewed', [[1, 'old']])
    await client.query(`CREATE VIEW viewer AS SELECT id FROM viewed; CREATE VIEW viewer_of_viewer AS SELECT id * 2 AS twice FROM viewer;
      CREATE MATERIALIZED VIEW stored AS SELECT id FROM viewed`)
    await overwrite('viewed', [
      [2, 'new'],
      [3, 'new'],
    ])
    expect(await one('SELECT array_agg(twice ORDER BY twice) FROM viewer_of_viewer')).toEqual([4, 6])
    await overwrite('viewed', [[4, 5]], [field('id', int32), field('added', int32)])
    expect(
      await one(
        `SELECT json_agg(to_jsonb(v) - '{_airbyte_raw_id,_airbyte_extracted_at,_airbyte_meta,_airbyte_generation_id}'::text[]) FROM viewed v`,
      ),
    ).toEqual([{ id: 4, added: 5 }])
    expect(await one('SELECT id FROM viewer')).toBe(4)
  })

  it('a view on a column that changes its type stops the overwrite, names the view, and drop_cascade drops it', async () => {
    await overwrite('typed', [[1, 'old']])
    await client.query('CREATE VIEW typed_viewer AS SELECT note FROM typed')
    const changed = [field('id', int32), field('note', int32)]
    for (const fields of [changed, [field('id', int32)]]) {
      await expect(overwrite('typed', [[2, 3].slice(0, fields.length)], fields)).rejects.toMatchObject({
        code: 'connector_config',
        errors: [{ pointer: '/drop_cascade', message: expect.stringContaining('typed_viewer') }],
      })
    }
    expect(await one('SELECT note FROM typed_viewer')).toBe('old')
    await overwrite('typed', [[2, 3]], changed, { drop_cascade: true })
    expect(await one('SELECT note FROM typed')).toBe(3)
    expect(await one(`SELECT to_regclass('typed_viewer')`)).toBeNull()
  })

  it('a foreign key on the table stops the overwrite and is named', async () => {
    await overwrite('referenced', [[1, 'old']])
    await client.query(
      'ALTER TABLE referenced ADD PRIMARY KEY (id); CREATE TABLE refers (id int REFERENCES referenced)',
    )
    await expect(overwrite('referenced', [[2, 'new']])).rejects.toMatchObject({
      errors: [{ pointer: '/drop_cascade', message: expect.stringContaining('"refers"') }],
    })
    await overwrite('referenced', [[2, 'new']], people, { drop_cascade: true })
    expect(await one('SELECT note FROM referenced')).toBe('new')
  })

  it('indexes, constraints, policies, triggers, columns that fill themselves, settings and the owner stay', async () => {
    await overwrite('owned', [[1, 'old']])
    await client.query(`CREATE INDEX owned_note ON owned (note); ALTER TABLE owned ADD CONSTRAINT positive CHECK (id > 0);
      ALTER TABLE owned ADD COLUMN loaded_at timestamptz DEFAULT now(), ADD COLUMN twice int GENERATED ALWAYS AS (id * 2) STORED;
      ALTER TABLE owned ENABLE ROW LEVEL SECURITY; CREATE POLICY below_ten ON owned USING (id < 10);
      CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.note := upper(NEW.note); RETURN NEW; END$$;
      CREATE TRIGGER shout BEFORE INSERT ON owned FOR EACH ROW EXECUTE FUNCTION shout();
      ALTER TABLE owned SET (fillfactor = 70); GRANT SELECT ON owned TO reader; ALTER TABLE owned OWNER TO other`)
    const privileges = await privilegesOf('owned')
    await overwrite('owned', [[2, 'new']])
    expect(await one(`SELECT json_build_array(id, note, twice, loaded_at IS NOT NULL) FROM owned`)).toEqual([
      2,
      'NEW',
      4,
      true,
    ])
    expect(await privilegesOf('owned')).toEqual(privileges)
    expect(
      await one(`SELECT json_build_array(relowner::regrole, relrowsecurity, reloptions, to_regclass('owned_note') IS NOT NULL)
        FROM pg_class WHERE oid = 'owned'::regclass`),
    ).toEqual(['other', true, ['fillfactor=70'], true])
    await expect(overwrite('owned', [[-1, 'refused']])).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringMatching(/positive.*drop the constraint/),
    })
    expect(await one('SELECT note FROM owned')).toBe('NEW')
    expect(await one(`SELECT count(*)::int FROM pg_class WHERE relname LIKE '\\_airbyte\\_tmp%'`)).toBe(0)
  })

  it.each([
    ['statistics of a column', 'ALTER TABLE % ALTER note SET STATISTICS 500'],
    ['storage of a column', 'ALTER TABLE % ALTER note SET STORAGE EXTERNAL'],
    ['options of a column', 'ALTER TABLE % ALTER id SET (n_distinct = 5)'],
    ['a collation', 'ALTER TABLE % ALTER note TYPE text COLLATE "C"'],
    ['a sequence of a column', 'CREATE SEQUENCE numbers_of_it OWNED BY %.id'],
  ])('a table keeps %s', async (_, change) => {
    await overwrite('adorned', [[1, 'old']])
    await client.query(change.replace('%', 'adorned'))
    const before = await oidOf('adorned')
    await overwrite('adorned', [[2, 'new']])
    expect(await one('SELECT note FROM adorned')).toBe('new')
    expect(await oidOf('adorned')).toBe(before)
    await client.query('DROP TABLE adorned')
  })

  it("a trigger finds what stands on the role's search path", async () => {
    await write(streamOf('audited'), people, [])
    await client.query(`CREATE TABLE audit (id int); CREATE FUNCTION note_down() RETURNS trigger LANGUAGE plpgsql AS
      $$BEGIN INSERT INTO audit VALUES (NEW.id); RETURN NEW; END$$; CREATE TRIGGER note_down AFTER INSERT ON audited FOR EACH ROW EXECUTE FUNCTION note_down()`)
    await write(streamOf('audited'), people, [batchOf([[7, 'a']])])
    expect(await one('SELECT id FROM audit')).toBe(7)
  })

  it('a table in use is waited for, others read on meanwhile, and whoever does not let it go is named', async () => {
    await overwrite('in_use', [[1, 'old']])
    const reader = new Client({ ...server, user: server.username, application_name: 'a report' })
    const writer = new Client({ ...server, user: server.username })
    await Promise.all([reader.connect(), writer.connect()])
    await reader.query('BEGIN; SELECT FROM in_use')
    await writer.query('BEGIN')
    const table = { schema: 'public', name: 'in_use', sql: 'public.in_use', metadata: [], columns: [] }
    const brief = { totalMs: 120, queuedMs: 50, pauseMs: 10 }
    await expect(lockAlone(writer, table, brief)).rejects.toMatchObject({
      code: 'connector_transient',
      message: expect.stringMatching(/public.in_use was in use .*now by postgres \(a report, pid \d+\)/),
    })
    const locking = lockAlone(writer, table, { ...brief, totalMs: 60_000 })
    for (let i = 0; i < 5; i++) expect(await one('SELECT note FROM in_use')).toBe('old')
    await reader.query('COMMIT')
    await locking
    // What follows waits as long as before.
    expect((await writer.query('SHOW lock_timeout')).rows).toEqual([{ lock_timeout: '1min' }])
    await Promise.all([reader.end(), writer.end()])
  })

  it('after append_dedup an overwrite may have a key twice, and the next dedup has it once', async () => {
    const dedup = streamOf('modes', { destinationSyncMode: 'append_dedup', primaryKey: [['id']] })
    await write(dedup, people, [batchOf([[1, 'a']])])
    await client.query('CREATE VIEW modes_viewer AS SELECT * FROM modes')
    await overwrite('modes', [
      [1, 'b'],
      [1, 'c'],
    ])
    expect(await one('SELECT count(*)::int FROM modes_viewer')).toBe(2)
    await write(dedup, people, [batchOf([[2, 'd']])])
    expect(await one('SELECT array_agg(note ORDER BY id) FROM modes')).toEqual(['c', 'd'])
  })

  it('a table that was renamed keeps its key, and the new one gets its own', async () => {
    const dedup = streamOf('moved', { destinationSyncMode: 'append_dedup', primaryKey: [['id']] })
    await write(dedup, people, [batchOf([[1, 'a']])])
    await client.query('ALTER TABLE moved RENAME TO moved_away')
    for (const note of ['b', 'c']) await write(dedup, people, [batchOf([[1, note]])])
    expect(await one('SELECT array_agg(note) FROM moved')).toEqual(['c'])
    expect(
      await one(
        `SELECT count(*)::int FROM pg_index WHERE indrelid IN ('moved'::regclass, 'moved_away'::regclass) AND indisunique`,
      ),
    ).toBe(2)
  })

  it('a partitioned table is written in every mode', async () => {
    await client.query(`CREATE TABLE parted (id int, note text) PARTITION BY LIST (id); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
      CREATE TABLE parted_rest PARTITION OF parted DEFAULT`)
    const append = streamOf('parted')
    await write(
      append,
      people,
      [
        batchOf([
          [1, 'a'],
          [2, 'a'],
          [1, 'b'],
          [2, 'b'],
        ]),
      ],
      { config: { metadata_columns: false } },
    )
    const dedup = streamOf('parted', { destinationSyncMode: 'append_dedup', primaryKey: [['id']] })
    await write(dedup, people, [batchOf([[3, 'c']])], { config: { metadata_columns: false } })
    expect(await one('SELECT array_agg(note ORDER BY id) FROM parted')).toEqual(['b', 'b', 'c'])
    await overwrite('parted', [[1, 'd']], people, { metadata_columns: false })
    expect(await one('SELECT note FROM parted_1')).toBe('d')
  })

  it('a role that may not replace the rows is told so before the load; one that may need not own the table', async () => {
    await overwrite('foreign_owner', [[1, 'old']])
    await client.query('GRANT SELECT, INSERT ON foreign_owner TO loader')
    const config = { username: 'loader', password: 'loader' }
    await expect(overwrite('foreign_owner', [[2, 'new']], people, config)).rejects.toMatchObject({
      code: 'connector_config',
      errors: [{ pointer: '/username', message: expect.stringContaining('GRANT INSERT, TRUNCATE') }],
    })
    expect(await one('SELECT note FROM foreign_owner')).toBe('old')
    await client.query('GRANT TRUNCATE ON foreign_owner TO loader')
    await overwrite('foreign_owner', [[2, 'new']], people, config)
    expect(await one('SELECT note FROM foreign_owner')).toBe('new')
    await overwrite('loaded', [[1, 'own']], people, config)
    expect(await one('SELECT note FROM loaded')).toBe('own')
  })
})
