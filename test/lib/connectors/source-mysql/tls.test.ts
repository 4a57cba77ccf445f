import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Column } from '../../../../lib/connectors/columns/column.ts'
import { readColumn, type Value } from '../../../../lib/connectors/columns/column-reader.ts'
import { sourceMysql } from '../../../../lib/connectors/source-mysql/index.ts'
import type { Fault } from '../../../../lib/errors.ts'
import { type Certified, issue, makeAuthority } from '../../../support/certificates.ts'
import { hasMariaDb, type MariaDb, startMariaDb } from '../../../support/mariadb.ts'
import { streamOf } from '../../../support/sync.ts'

describe.runIf(hasMariaDb())('source-mysql over TLS', () => {
  let folder: string
  let server: MariaDb
  const pems: Record<string, Certified> = {}

  beforeAll(async () => {
    const [own, foreign] = await Promise.all([makeAuthority('own'), makeAuthority('foreign')])
    Object.assign(pems, { own, foreign })
    pems.server = await issue(own, 'localhost')
    pems.client = await issue(own, 'certified')
    pems.stranger = await issue(foreign, 'certified')
    folder = await mkdtemp(join(tmpdir(), 'mariadb-tls-'))
    // The server reads them as a user of its own.
    await chmod(folder, 0o755)
    const file = async (name: string, text = '') => {
      await writeFile(join(folder, name), text, { mode: 0o644 })
      return join(folder, name)
    }
    server = await startMariaDb([
      `--ssl-cert=${await file('server.pem', pems.server.certificate)}`,
      `--ssl-key=${await file('server.key', pems.server.key)}`,
      `--ssl-ca=${await file('own.pem', own.certificate)}`,
      '--require-secure-transport=OFF',
    ])
    const connection = await server.connect()
    // Both get in over TLS only, so that a pass proves the encryption.
    await connection.query(`CREATE TABLE t (id int, note text); INSERT INTO t SELECT seq, REPEAT('ü', 50) FROM seq_1_to_50000;
      CREATE USER secure@'127.0.0.1' IDENTIFIED BY 'secure' REQUIRE SSL; GRANT SELECT ON shop.* TO secure@'127.0.0.1';
      CREATE USER certified@'127.0.0.1' IDENTIFIED BY 'certified' REQUIRE X509; GRANT SELECT ON shop.* TO certified@'127.0.0.1'`)
    await connection.end()
  })

  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const faultsOf = async (username: string, host: string, ssl_mode: object): Promise<readonly Fault[]> => {
    const { port, database } = server
    const config = { host, port, database, username, password: username, ssl_mode }
    try {
      return await sourceMysql.check(sourceMysql.parseConfig(config), AbortSignal.timeout(10_000))
    } catch (error) {
      return (error as { errors: readonly Fault[] }).errors
    }
  }
  const ca = (name: string) => ({ ca_certificate: pems[name]?.certificate })
  const client = (name: string) => ({ client_certificate: pems[name]?.certificate, client_key: pems[name]?.key })

  it.each<[mode: string, user: string, host: string, () => object, pointer?: string, says?: RegExp]>([
    ['preferred', 'secure', 'localhost', () => ({})],
    ['required', 'secure', '127.0.0.1', () => ({})],
    ['verify_ca', 'secure', '127.0.0.1', () => ca('own')],
    [
      'verify_ca',
      'secure',
      'localhost',
      () => ca('foreign'),
      '/ssl_mode/ca_certificate',
      /does not come from ca_certificate; give the certificate of the authority that signed it, or use "required"/,
    ],
    ['verify_ca', 'secure', 'localhost', () => ({}), '/ssl_mode/ca_certificate', /is missing/],
    ['verify_ca', 'secure', 'localhost', () => ({ ca_certificate: 'x' }), '/ssl_mode/ca_certificate', /PEM/],
    ['verify_identity', 'secure', 'localhost', () => ca('own')],
    ['verify_identity', 'secure', 'localhost', () => ca('foreign'), '/ssl_mode/ca_certificate', /authority/],
    [
      'verify_identity',
      'secure',
      '127.0.0.1',
      () => ca('own'),
      '/ssl_mode/mode',
      /give the host's name, or use "verify_ca"/,
    ],
    ['verify_ca', 'certified', 'localhost', () => ({ ...ca('own'), ...client('client') })],
    ['required', 'certified', 'localhost', () => client('client')],
    [
      'verify_ca',
      'certified',
      'localhost',
      () => ca('own'),
      '/password',
      /whether it has to give a client certificate/,
    ],
    [
      'verify_ca',
      'certified',
      'localhost',
      () => ({ ...ca('own'), ...client('stranger') }),
      '/ssl_mode/client_certificate',
      /client certificate/,
    ],
    [
      'required',
      'certified',
      'localhost',
      () => ({ client_key: pems.client?.key }),
      '/ssl_mode/client_certificate',
      /is missing/,
    ],
  ])('%s as %s to %s (%#)', async (mode, user, host, more, pointer, says) => {
    const faults = await faultsOf(user, host, { mode, ...more() })
    expect(faults.map((fault) => fault.pointer)).toEqual(pointer ? [pointer] : [])
    if (says) expect(faults[0]?.message).toMatch(says)
  })

  it('rows travel, and a read that is left early leaves the connection free', async () => {
    const { host, port, database } = server
    const config = { host, port, database, username: 'secure', password: 'secure', ssl_mode: { mode: 'required' } }
    const { signal } = new AbortController()
    await using open = await sourceMysql.open(sourceMysql.parseConfig(config), signal)
    const stream = streamOf('t', { namespace: 'shop' })
    for await (const _ of (await open.read(stream, undefined, signal)).batches) break
    const { fields, batches } = await open.read(stream, undefined, signal)
    const notes = new Map<Value, number>()
    for await (const { rows, columns } of batches) {
      const [, note] = fields.map(({ type }, index) => [...readColumn(type, columns[index] as Column, rows)])
      for (const value of note ?? []) notes.set(value, (notes.get(value) ?? 0) + 1)
    }
    expect([...notes]).toEqual([['ü'.repeat(50), 50_000]])
  })

  it('a certificate for another host is refused by verify_identity only', async () => {
    const other = await issue(pems.own ?? (await makeAuthority('own')), 'db.example')
    await writeFile(join(folder, 'server.pem'), other.certificate)
    await writeFile(join(folder, 'server.key'), other.key)
    const connection = await server.connect()
    await connection.query('FLUSH SSL')
    await connection.end()
    expect(await faultsOf('secure', 'localhost', { mode: 'verify_ca', ...ca('own') })).toEqual([])
    expect(await faultsOf('secure', 'localhost', { mode: 'verify_identity', ...ca('own') })).toEqual([
      {
        pointer: '/host',
        message: expect.stringMatching(
          /host is "localhost": .* is for DNS:db.example; give a name that it has, or use "verify_ca"/,
        ),
      },
    ])
  })
})
