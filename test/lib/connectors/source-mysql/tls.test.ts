import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourceMysql } from '../../../../lib/connectors/source-mysql/index.ts'
import { hasMariaDb, type MariaDb, startMariaDb } from '../../../support/mariadb.ts'

/** A program of the machine, not of a package. */
const openssl = 'openssl'

const hasOpenssl = (() => {
  try {
    execFileSync(openssl, ['version'], { stdio: 'ignore' })
    return true
  } catch {
    console.error('skipped: openssl, which makes the certificates, is not installed')
    return false
  }
})()

describe.runIf(hasMariaDb() && hasOpenssl)('source-mysql over TLS', () => {
  let folder: string
  let server: MariaDb
  let certificate: string
  let stranger: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mariadb-tls-'))
    // The server reads them as a user of its own.
    await chmod(folder, 0o755)
    const make = async (name: string) => {
      const [key, path] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
      const files = ['-keyout', key, '-out', path]
      execFileSync(openssl, ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...subject], {
        stdio: 'ignore',
      })
      await chmod(key, 0o644)
      return await readFile(path, 'utf8')
    }
    certificate = await make('server')
    stranger = await make('stranger')
    const files = [`--ssl-cert=${join(folder, 'server.pem')}`, `--ssl-key=${join(folder, 'server.key')}`]
    server = await startMariaDb([...files, '--require-secure-transport=OFF'])
    const connection = await server.connect()
    await connection.query('CREATE TABLE t (id int)')
    await connection.query(
      `CREATE USER 'strict'@'127.0.0.1' IDENTIFIED BY 'strict' REQUIRE SSL; GRANT SELECT ON shop.* TO 'strict'@'127.0.0.1'`,
    )
    await connection.end()
  })

  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  // `strict` gets in over TLS only, so that a pass proves the encryption.
  it.each([
    ['preferred', 'localhost', 'none', []],
    ['required', 'localhost', 'none', []],
    ['verify_ca', '127.0.0.1', 'own', []],
    ['verify_ca', '127.0.0.1', 'foreign', ['/ssl_mode']],
    ['verify_identity', 'localhost', 'own', []],
  ] as const)('%s at %s', async (mode, host, ca, pointers) => {
    const { port, database } = server
    const config = {
      host,
      port,
      database,
      username: 'strict',
      password: 'strict',
      ssl_mode: { mode, ca_certificate: { none: undefined, own: certificate, foreign: stranger }[ca] },
    }
    const faults = await sourceMysql.check(sourceMysql.parseConfig(config), AbortSignal.timeout(10_000))
    expect(faults.map(({ pointer }) => pointer)).toEqual(pointers)
  })

  it('a name cannot be verified where the host is an address', () => {
    const { port, database } = server
    const config = {
      ...{ host: '127.0.0.1', port, database, username: 'strict', password: 'strict' },
      ssl_mode: { mode: 'verify_identity', ca_certificate: certificate },
    }
    const errors = [expect.objectContaining({ pointer: '/ssl_mode/mode' })]
    expect(() => sourceMysql.parseConfig(config)).toThrow(expect.objectContaining({ errors }))
  })
})
