import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { destinationPostgres } from '../../../../lib/connectors/destination-postgres/index.ts'
import { sourcePostgres } from '../../../../lib/connectors/source-postgres/index.ts'
import { emptyStatistics, runSync } from '../../../../lib/engine/sync/pump.ts'
import { batchOf, field, int32, text, writerOf } from '../../../support/destination-postgres.ts'
import { eventually } from '../../../support/eventually.ts'
import { type RunningPostgres, startPostgres } from '../../../support/postgres.ts'
import { streamOf } from '../../../support/sync.ts'

/** What the server or the tables that stand there refuse. */
describe('destination-postgres, refused', () => {
  let server: RunningPostgres
  let client: Client
  let write: ReturnType<typeof writerOf>
  const people = [field('id', int32), field('note', text)]

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

  /** More than the sockets on the way hold. */
  const large = () => batchOf(Array.from({ length: 200 }, (_, row) => [row, 'x'.repeat(100_000)]))

  it('a COPY that the server ends while rows are on their way fails with its reason', async () => {
    await write(streamOf('checked'), people, [])
    await client.query('ALTER TABLE checked ADD CONSTRAINT small CHECK (id < 100)')
    await expect(write(streamOf('checked'), people, [batchOf([[100, 'x']]), large(), large()])).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringMatching(/stream checked.*"small".*23514/),
    })
    await expect(write(streamOf('checked'), people, [large(), batchOf([[100, 'x']])])).rejects.toMatchObject({
      message: expect.stringContaining('"small"'),
    })
    expect((await client.query('SELECT FROM checked')).rowCount).toBe(0)
  })

  it('a session that is ended in the middle of a COPY fails with the reason, and may be tried again', async () => {
    await write(streamOf('ended'), people, [])
    await client.query(`CREATE FUNCTION public.fall() RETURNS trigger LANGUAGE plpgsql AS
      $$BEGIN IF NEW.id = 150 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END$$`)
    await client.query('CREATE TRIGGER fall BEFORE INSERT ON ended FOR EACH ROW EXECUTE FUNCTION public.fall()')
    await expect(write(streamOf('ended'), people, [large(), large()])).rejects.toMatchObject({
      code: 'connector_transient',
      message: expect.stringMatching(/writing stream ended|committing stream ended/),
    })
  })

  it('a character that the encoding of the database lacks names column and fix', async () => {
    await client.query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    const config = { database: 'latin' }
    await write(streamOf('letters'), people, [batchOf([[1, 'é']])], { config })
    await expect(write(streamOf('letters'), people, [batchOf([[2, '€']])], { config })).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringMatching(/stream letters.*LATIN1.*column note.*UTF8/),
    })
  })

  it('a connection that ended between two batches fails with the reason of that', async () => {
    const { signal } = new AbortController()
    const { host, port, database, username, password } = server
    const parsed = destinationPostgres.parseConfig({ host, port, database, username, password })
    await using open = await destinationPostgres.open(parsed, signal)
    const stream = streamOf('lonely')
    const sync = { connectionId: 'c', jobId: 1, attempt: 0, startedAt: new Date(), generationId: 1 }
    await using writer = await open.openStream(
      { stream, namespace: 'public', name: 'lonely', fields: people, sync },
      signal,
    )
    const others = `FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`
    await client.query(`SELECT pg_terminate_backend(pid) ${others}`)
    await eventually(async () => ((await client.query(`SELECT ${others}`)).rowCount === 0 ? true : undefined))
    await expect(writer.write(batchOf([[1, 'a']]))).rejects.toMatchObject({
      code: 'connector_transient',
      message: expect.stringContaining('terminating connection due to administrator command'),
    })
  })

  it('a server that falls silent after the last row holds nobody up', async () => {
    let isSilent = false
    const sockets: Socket[] = []
    const between = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect(server.port, server.host)
      sockets.push(near, far)
      for (const [from, to] of [[near, far] as const, [far, near] as const])
        from.on('data', (bytes) => isSilent || to.write(bytes)).on('error', () => to.destroy())
    })
    await once(between.listen(0, '127.0.0.1'), 'listening')
    const { port } = between.address() as AddressInfo
    const { host, database, username, password } = server
    const config = destinationPostgres.parseConfig({ host, port, database, username, password })
    const open = await destinationPostgres.open(config, new AbortController().signal)
    isSilent = true
    await open[Symbol.asyncDispose]()
    for (const socket of sockets) socket.destroy()
    between.close()
  })

  it('an abort ends what the server is doing', async () => {
    await write(streamOf('lengthy'), people, [])
    await client.query(`CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(60); RETURN NEW; END$$;
      CREATE TRIGGER linger BEFORE INSERT ON lengthy FOR EACH ROW EXECUTE FUNCTION linger()`)
    const abort = new AbortController()
    const dedup = streamOf('lengthy', { destinationSyncMode: 'append_dedup', primaryKey: [['id']] })
    const writing = write(dedup, people, [batchOf([[1, 'a']])], { signal: abort.signal })
    writing.catch(() => undefined)
    const sleeping = async () =>
      (await client.query(`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)).rowCount
    await eventually(async () => ((await sleeping()) === 1 ? true : undefined))
    abort.abort(new Error('cancelled'))
    await expect(writing).rejects.toThrow('cancelled')
    await eventually(async () => ((await sleeping()) === 0 ? true : undefined))
  })

  it.each(['append', 'append_dedup', 'overwrite'] as const)(
    'syncs that write to one table at once (%s) wait for each other',
    async (destinationSyncMode) => {
      const stream = streamOf('common', {
        namespace: `shared ${destinationSyncMode}`,
        destinationSyncMode,
        primaryKey: [['id']],
      })
      const rows = (note: string) => batchOf(Array.from({ length: 500 }, (_, id) => [id, note]))
      for (const _ of [1, 2]) await Promise.all(['a', 'b', 'c'].map((note) => write(stream, people, [rows(note)])))
      const { rows: found } = await client.query(
        `SELECT count(*)::int AS rows, count(DISTINCT note)::int AS notes FROM "shared ${destinationSyncMode}".common`,
      )
      expect(found).toEqual([destinationSyncMode === 'append' ? { rows: 3_000, notes: 3 } : { rows: 500, notes: 1 }])
    },
  )

  it.each([
    ['a view', 'CREATE VIEW % AS SELECT 1 AS id'],
    ['a materialized view', 'CREATE MATERIALIZED VIEW % AS SELECT 1 AS id'],
    ['a sequence', 'CREATE SEQUENCE %'],
    ['an index', 'CREATE TABLE indexed (id int); CREATE INDEX % ON indexed (id)'],
    ['a type', "CREATE TYPE % AS ENUM ('a')"],
    ['a type', 'CREATE TYPE % AS (a int)'],
  ])('%s where the table should stand is named before anything is written', async (kind, create) => {
    const name = `no table: ${create}`.slice(0, 60)
    await client.query(create.replace('%', `"${name}"`))
    for (const destinationSyncMode of ['append', 'overwrite', 'append_dedup'] as const) {
      const stream = streamOf(name, { destinationSyncMode, primaryKey: [['id']] })
      await expect(write(stream, people, [batchOf([[1, 'a']])])).rejects.toMatchObject({
        code: 'connector_config',
        message: expect.stringContaining(`"public"."${name}" is ${kind}: rename it`),
      })
    }
  })

  /** Streams of one sync from `origin` to `target` of the same database. */
  const move = async (
    streams: readonly { from: string; to: string; mode?: 'append' | 'append_dedup' }[],
    database = server.database,
  ) => {
    const { signal } = new AbortController()
    const { host, port, username, password } = server
    const config = { host, port, username, password }
    await using source = await sourcePostgres.open(
      sourcePostgres.parseConfig({ ...config, database: 'postgres' }),
      signal,
    )
    const parsed = destinationPostgres.parseConfig({ ...config, database })
    await using destination = await destinationPostgres.open(parsed, signal)
    const planned = streams.map(({ from, to, mode = 'overwrite' as const }) => ({
      stream: streamOf(from, { destinationSyncMode: mode, primaryKey: [['id']] }),
      target: { name: to, namespace: 'public' },
      generationId: 1,
    }))
    const identity = { connectionId: 'c', jobId: 1, attempt: 0, startedAt: new Date() }
    const report = { state: () => undefined, complete: () => undefined, log: () => undefined }
    await runSync({
      source,
      destination,
      streams: planned,
      identity,
      statistics: planned.map(emptyStatistics),
      report,
      signal,
    })
  }

  it('a table that is its own source is refused at once, itself and through a view, in every mode', async () => {
    await client.query(
      `CREATE TABLE itself AS SELECT 1 AS id, 'kept' AS note; CREATE VIEW mirror AS SELECT * FROM itself`,
    )
    for (const from of ['itself', 'mirror'])
      for (const mode of ['append', 'append_dedup', undefined] as const)
        await expect(move([{ from, to: 'itself', ...(mode ? { mode } : {}) }])).rejects.toMatchObject({
          code: 'connector_config',
          message: expect.stringMatching(
            new RegExp(`public.${from} .*"public"."itself" of database "postgres".*prefix or another namespace`),
          ),
        })
    // An earlier stream of the sync has read it, and its lock stays for the snapshot.
    await client.query('CREATE TABLE another AS SELECT 2 AS id')
    const streams = [
      { from: 'itself', to: 'copy_of_itself' },
      { from: 'another', to: 'itself' },
    ]
    await expect(move(streams)).rejects.toMatchObject({ message: expect.stringContaining('"itself"') })
    expect((await client.query('SELECT id, note FROM itself')).rows).toEqual([{ id: 1, note: 'kept' }])
  })

  it('the same name in another database is another table', async () => {
    await client.query('CREATE DATABASE elsewhere')
    await client.query(`CREATE TABLE namesake AS SELECT 1 AS id`)
    for (const _ of [1, 2]) await move([{ from: 'namesake', to: 'namesake' }], 'elsewhere')
    expect((await client.query('SELECT id FROM namesake')).rows).toEqual([{ id: 1 }])
  })
})
