import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { batchOf, field, int32, text, writerOf } from '../../../support/destination-postgres.ts'
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
})
