import { createHash } from 'node:crypto'
import type { Connection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Column } from '../../../../lib/connectors/columns/column.ts'
import { readColumn } from '../../../../lib/connectors/columns/column-reader.ts'
import type { OpenSource } from '../../../../lib/connectors/connector.ts'
import { sourceMysql } from '../../../../lib/connectors/source-mysql/index.ts'
import { hasMariaDb, type MariaDb, startMariaDb } from '../../../support/mariadb.ts'
import { streamOf } from '../../../support/sync.ts'

/** Far more bytes than sockets and waiting batches hold. */
const manyRows = 200_000
/** A payload of so many bytes fills its packet, and another packet follows. */
const fullPacket = 0xffffff
/** Mark, bitmap and id of a row before its value. */
const beforeValue = 1 + 1 + 4

const shop = (name: string, more: Parameters<typeof streamOf>[1] = {}) => streamOf(name, { namespace: 'shop', ...more })

describe.runIf(hasMariaDb())('reads of source-mysql', () => {
  let server: MariaDb
  let connection: Connection

  beforeAll(async () => {
    server = await startMariaDb(['--max-allowed-packet=64M', '--log-bin-trust-function-creators=1'])
    connection = await server.connect()
    await connection.query(`CREATE TABLE many (id int, note varchar(200));
      INSERT INTO many SELECT seq, REPEAT('x', 200) FROM seq_1_to_${manyRows};
      CREATE TABLE grows (id int);
      CREATE FUNCTION fails_at(n int, last int) RETURNS int DETERMINISTIC
        BEGIN IF n = last THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no such luck'; END IF; RETURN n; END;
      CREATE VIEW failing AS SELECT fails_at(id, ${manyRows}) AS id, note FROM many;
      CREATE VIEW sleeping AS SELECT SLEEP(600) + id AS id FROM many`)
  })

  afterAll(async () => {
    await connection?.end()
    await server?.stop()
  })

  const opened = () => sourceMysql.open(sourceMysql.parseConfig(server), new AbortController().signal)

  const countOf = async (open: OpenSource, name: string, signal = new AbortController().signal) => {
    let rows = 0
    for await (const batch of (await open.read(shop(name), undefined, signal)).batches) rows += batch.rows
    return rows
  }

  /** Queries of the source that the server works on. */
  const working = async (): Promise<{ id: number; state: string }[]> => {
    const [rows] = await connection.query(
      `SELECT ID AS id, STATE AS state FROM information_schema.PROCESSLIST
        WHERE COMMAND IN ('Query', 'Execute') AND USER = 'tester' AND ID <> CONNECTION_ID()`,
    )
    return rows as { id: number; state: string }[]
  }

  const ways: Record<string, (open: OpenSource) => Promise<void>> = {
    async 'that is left early'(open) {
      const { batches } = await open.read(shop('many'), undefined, new AbortController().signal)
      for await (const batch of batches) {
        expect(batch.rows).toBeGreaterThan(0)
        break
      }
    },
    async 'that is aborted among its rows'(open) {
      const abort = new AbortController()
      const { batches } = await open.read(shop('many'), undefined, abort.signal)
      const reason = new Error('enough')
      const reading = (async () => {
        for await (const _ of batches) abort.abort(reason)
      })()
      await expect(reading).rejects.toBe(reason)
    },
    async 'that is aborted before its first row'(open) {
      const abort = new AbortController()
      const reason = new Error('enough')
      const reading = expect(countOf(open, 'sleeping', abort.signal)).rejects.toBe(reason)
      await expect.poll(working).toMatchObject([{ state: 'User sleep' }])
      abort.abort(reason)
      await reading
    },
    async 'that is aborted while it looks for the highest cursor'(open) {
      const abort = new AbortController()
      const reason = new Error('enough')
      const stream = shop('sleeping', { syncMode: 'incremental', cursorField: ['id'] })
      const reading = expect(open.read(stream, undefined, abort.signal)).rejects.toBe(reason)
      await expect.poll(working).toMatchObject([{ state: 'User sleep' }])
      abort.abort(reason)
      await reading
    },
    async 'that fails at its last row'(open) {
      const failure = { code: 'connector_transient', message: expect.stringContaining('no such luck') }
      await expect(countOf(open, 'failing')).rejects.toMatchObject(failure)
    },
    async 'that cannot begin'(open) {
      await connection.query(
        'CREATE OR REPLACE TABLE gone (id int); CREATE OR REPLACE VIEW ghost AS SELECT * FROM gone',
      )
      const { batches } = await open.read(shop('ghost'), undefined, new AbortController().signal)
      await connection.query('DROP TABLE gone')
      await expect(Array.fromAsync(batches)).rejects.toMatchObject({ code: 'connector_config' })
    },
  }

  it.each(Object.entries(ways))('a read %s leaves the connection free and in its snapshot', async (_, way) => {
    await connection.query('INSERT INTO grows VALUES (1)')
    await using open = await opened()
    const before = await countOf(open, 'grows')
    await connection.query('INSERT INTO grows VALUES (2)')
    await way(open)
    // The server tells that a statement has ended a moment before its list of them does.
    await expect.poll(working).toEqual([])
    expect(await countOf(open, 'grows')).toBe(before)
    expect(await countOf(open, 'many')).toBe(manyRows)
  })

  it('a connection that is lost among the rows is a passing failure', async () => {
    await using open = await opened()
    const { batches } = await open.read(shop('many'), undefined, new AbortController().signal)
    let isLost = false
    const reading = (async () => {
      for await (const _ of batches) {
        if (isLost) continue
        for (const { id } of await working()) await connection.query(`KILL ${id}`)
        isLost = true
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: 'connector_transient' })
  })

  it('the server waits for a destination that is slow', async () => {
    await using open = await opened()
    const { batches } = await open.read(shop('many'), undefined, new AbortController().signal)
    let rows = 0
    for await (const batch of batches) {
      if (rows === 0) await expect.poll(working).toMatchObject([{ state: 'Writing to net' }])
      rows += batch.rows
    }
    expect(rows).toBe(manyRows)
  })

  it('rows of 16 MB and more, in one packet or several, travel whole and one by one', async () => {
    const sizes = [
      // The length of a value takes four bytes up to 16 MB, nine from there on.
      ...[-1, 0, 1].map((more) => fullPacket - beforeValue - 4 + more),
      2 * fullPacket - beforeValue - 9,
      3,
    ]
    await connection.query('CREATE TABLE big (id int NOT NULL, v longblob NOT NULL)')
    for (const [id, size] of sizes.entries())
      await connection.query(
        `INSERT INTO big SELECT ${id}, LEFT(REPEAT('0123456789abcdefg', ${Math.ceil(size / 17)}), ${size})`,
      )
    const [expected] = await connection.query('SELECT id, LENGTH(v) AS length, SHA1(v) AS sha1 FROM big ORDER BY id')
    await using open = await opened()
    const { fields, batches } = await open.read(shop('big'), undefined, new AbortController().signal)
    const found: unknown[] = []
    for await (const { rows, columns } of batches) {
      const [ids, values] = fields.map(({ type }, index) => [...readColumn(type, columns[index] as Column, rows)])
      for (const [row, id] of (ids ?? []).entries()) {
        const value = values?.[row] as Uint8Array
        found.push({ id, length: value.length, sha1: createHash('sha1').update(value).digest('hex') })
      }
      expect(rows).toBeLessThanOrEqual(2)
    }
    expect(found).toEqual(expected)
  })
})
