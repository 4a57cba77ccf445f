import type { PeerCertificate } from 'node:tls'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { destinationPostgres } from '../../../../lib/connectors/destination-postgres/index.ts'
import type { ServerConfig, TlsMode } from '../../../../lib/connectors/postgres/config.ts'
import { type Tls, tlsAttempts } from '../../../../lib/connectors/postgres/tls.ts'
import { sourcePostgres } from '../../../../lib/connectors/source-postgres/index.ts'
import type { Fault } from '../../../../lib/errors.ts'
import { type Certified, issue, makeAuthority } from '../../../support/certificates.ts'
import { eventually } from '../../../support/eventually.ts'
import { type RunningPostgres, startPostgres } from '../../../support/postgres.ts'

const server = (mode: TlsMode, host = 'db.example'): ServerConfig => ({
  ...{ host, port: 5432, database: 'shop', username: 'reader', password: '', connectTimeoutMs: 1000 },
  tls: { mode, ca: 'authority', certificate: undefined, key: undefined, keyPassword: undefined },
})

const howOf = (tls: Tls) => (typeof tls === 'object' ? (tls.rejectUnauthorized ? 'verified' : 'encrypted') : 'plain')

describe('TLS to Postgres', () => {
  it.each<[TlsMode, string[]]>([
    ['disable', ['plain']],
    ['allow', ['plain', 'encrypted']],
    ['prefer', ['encrypted', 'plain']],
    ['require', ['encrypted']],
    ['verify-ca', ['verified']],
    ['verify-full', ['verified']],
  ])('%s tries %j', (mode, ways) => expect(tlsAttempts(server(mode)).map(howOf)).toEqual(ways))

  it.each([
    { mode: 'verify-full', host: '10.0.0.7', names: 'IP Address:10.0.0.7', isRefused: false },
    { mode: 'verify-full', host: '10.0.0.7', names: 'DNS:localhost', isRefused: true },
    { mode: 'verify-full', host: 'db.example', names: 'DNS:db.example', isRefused: false },
    { mode: 'verify-full', host: 'db.example', names: 'DNS:other.example', isRefused: true },
    { mode: 'verify-ca', host: 'db.example', names: 'DNS:other.example', isRefused: false },
  ] as const)(
    '$mode to $host with a certificate for $names: refused $isRefused',
    ({ mode, host, names, isRefused }) => {
      const [tls] = tlsAttempts(server(mode, host))
      const certificate = { subject: { CN: 'server' }, subjectaltname: names } as unknown as PeerCertificate
      const check = typeof tls === 'object' ? tls.checkServerIdentity : undefined
      // Node passes "localhost" where the host is an address.
      const refusal = check?.(host === '10.0.0.7' ? 'localhost' : host, certificate)
      expect(refusal instanceof Error).toBe(isRefused)
    },
  )
})

const passphrase = 'canary-passphrase'

/** Whom pg_hba.conf lets in: `secure` over TLS only, `plain` without it only, `certified` with a certificate of that name. */
const hba = `
host all postgres 127.0.0.1/32 scram-sha-256
hostssl all secure 127.0.0.1/32 scram-sha-256
hostnossl all plain 127.0.0.1/32 scram-sha-256
hostssl all certified 127.0.0.1/32 scram-sha-256 clientcert=verify-full`

describe('Postgres connectors and a real server', () => {
  let postgres: RunningPostgres
  let sql: Client
  const pems: Record<string, Certified> = {}

  beforeAll(async () => {
    const [own, foreign] = await Promise.all([makeAuthority('own'), makeAuthority('foreign')])
    Object.assign(pems, { own, foreign })
    pems.server = await issue(own, 'localhost')
    pems.client = await issue(own, 'certified')
    pems.locked = await issue(own, 'certified', { passphrase })
    pems.stranger = await issue(foreign, 'certified')
    postgres = await startPostgres()
    sql = new Client({ ...postgres, user: postgres.username })
    await sql.connect()
    await sql.query('CREATE TABLE t (id int); GRANT SELECT ON t TO PUBLIC')
    for (const role of ['secure', 'plain', 'certified'])
      await sql.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'; GRANT USAGE, CREATE ON SCHEMA public TO ${role}`)
  })

  afterAll(async () => {
    await sql?.end()
    await postgres?.stop()
  })

  /** What both connectors say; they must say the same. */
  const faultsOf = async (username: string, host: string, ssl_mode: object): Promise<readonly Fault[]> => {
    const { port, database } = postgres
    const config = { host, port, database, username, password: username, ssl_mode }
    const asked = await Promise.all([
      settled(async () => sourcePostgres.check(sourcePostgres.parseConfig(config), AbortSignal.timeout(10_000))),
      settled(async () =>
        destinationPostgres.check(destinationPostgres.parseConfig(config), AbortSignal.timeout(10_000)),
      ),
    ])
    expect(asked[1]).toEqual(asked[0])
    expect(JSON.stringify(asked)).not.toContain(passphrase)
    return asked[0]
  }
  const settled = async (ask: () => Promise<readonly Fault[]>): Promise<readonly Fault[]> => {
    try {
      return await ask()
    } catch (error) {
      return (error as { errors: readonly Fault[] }).errors
    }
  }

  it.each<[TlsMode, pointer?: string, fix?: RegExp]>([
    ['disable'],
    ['allow'],
    ['prefer'],
    ['require', '/ssl_mode', /ssl_mode is "require": .* does not offer TLS; use prefer or disable/],
    ['verify-ca', '/ssl_mode', /does not offer TLS/],
    ['verify-full', '/ssl_mode', /does not offer TLS/],
  ])('%s, where the server has no TLS', async (mode, pointer, fix) => {
    const faults = await faultsOf('plain', 'localhost', { mode, ca_certificate: pems.own?.certificate })
    expect(faults.map((fault) => fault.pointer)).toEqual(pointer ? [pointer] : [])
    if (fix) expect(faults[0]?.message).toMatch(fix)
  })

  describe('with TLS', () => {
    beforeAll(async () => {
      const { rows } = await sql.query<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`)
      const folder = rows[0]?.folder ?? ''
      const file = async (name: string, text: string) => {
        // The server writes them itself: they have to be its own, and for nobody else.
        const lines = text.trim().split(/\r?\n/)
        await sql.query(`COPY (SELECT unnest(ARRAY[${lines.map((line) => `'${line}'`).join(', ')}]))
          TO PROGRAM 'umask 077 && cat > "${folder}/${name}"'`)
      }
      await file('pg_hba.conf', hba)
      await file('server.crt', pems.server?.certificate ?? '')
      await file('server.key', pems.server?.key ?? '')
      await file('root.crt', pems.own?.certificate ?? '')
      await sql.query(`ALTER SYSTEM SET ssl_ca_file = 'root.crt'`)
      await sql.query('ALTER SYSTEM SET ssl = on')
      await sql.query('SELECT pg_reload_conf()')
      await eventually(async () => {
        const faults = await faultsOf('secure', '127.0.0.1', { mode: 'require' })
        return faults.length === 0 || undefined
      })
    })

    const ca = (name: string) => ({ ca_certificate: pems[name]?.certificate })
    const client = (name: string, more: object = {}) => ({
      client_certificate: pems[name]?.certificate,
      client_key: pems[name]?.key,
      ...more,
    })

    it.each<[string, user: string, host: string, () => object, pointer?: string, says?: RegExp]>([
      ['disable', 'plain', '127.0.0.1', () => ({})],
      ['disable', 'secure', '127.0.0.1', () => ({}), '/ssl_mode', /ssl_mode is "disable": .*no encryption/],
      ['allow', 'plain', '127.0.0.1', () => ({})],
      ['allow', 'secure', '127.0.0.1', () => ({})],
      ['prefer', 'plain', '127.0.0.1', () => ({})],
      ['prefer', 'secure', '127.0.0.1', () => ({})],
      ['require', 'plain', '127.0.0.1', () => ({}), '/ssl_mode', /ssl_mode is "require": .*SSL encryption/],
      ['require', 'secure', '127.0.0.1', () => ({})],
      ['verify-ca', 'secure', '127.0.0.1', () => ca('own')],
      [
        'verify-ca',
        'secure',
        'localhost',
        () => ca('foreign'),
        '/ssl_mode/ca_certificate',
        /does not come from ca_certificate; give the certificate of the authority that signed it, or use "require"/,
      ],
      ['verify-full', 'secure', 'localhost', () => ca('own')],
      [
        'verify-full',
        'secure',
        '127.0.0.1',
        () => ca('own'),
        '/host',
        /host is "127.0.0.1": .* is for DNS:localhost; give a name that it has, or use "verify-ca"/,
      ],
      ['verify-full', 'secure', 'localhost', () => ca('foreign'), '/ssl_mode/ca_certificate', /authority/],
      ['verify-ca', 'secure', 'localhost', () => ({}), '/ssl_mode/ca_certificate', /is missing/],
      [
        'verify-ca',
        'secure',
        'localhost',
        () => ({ ca_certificate: 'canary' }),
        '/ssl_mode/ca_certificate',
        /is no certificate: give its PEM text/,
      ],
      ['verify-ca', 'certified', 'localhost', () => ({ ...ca('own'), ...client('client') })],
      ['require', 'certified', 'localhost', () => client('client')],
      [
        'verify-full',
        'certified',
        'localhost',
        () => ({ ...ca('own'), ...client('locked', { client_key_password: passphrase }) }),
      ],
      [
        'verify-full',
        'certified',
        'localhost',
        () => ca('own'),
        '/ssl_mode/client_certificate',
        /wants a client certificate .*; give client_certificate and client_key/,
      ],
      [
        'verify-full',
        'certified',
        'localhost',
        () => ({ ...ca('own'), ...client('stranger') }),
        '/ssl_mode/client_certificate',
        /does not accept the client certificate .* of an authority that it trusts/,
      ],
      ['require', 'certified', 'localhost', () => client('locked'), '/ssl_mode/client_key_password', /is missing/],
      [
        'require',
        'certified',
        'localhost',
        () => client('locked', { client_key_password: 'wrong' }),
        '/ssl_mode/client_key_password',
        /does not open client_key/,
      ],
      [
        'require',
        'certified',
        'localhost',
        () => client('client', { client_key: pems.stranger?.key }),
        '/ssl_mode/client_key',
        /is not the key of client_certificate/,
      ],
      [
        'require',
        'certified',
        'localhost',
        () => client('client', { client_key: '' }),
        '/ssl_mode/client_key',
        /is missing/,
      ],
    ])('%s as %s to %s (%#)', async (mode, user, host, more, pointer, says) => {
      const faults = await faultsOf(user, host, { mode, ...more() })
      expect(faults.map((fault) => fault.pointer)).toEqual(pointer ? [pointer] : [])
      if (says) expect(faults[0]?.message).toMatch(says)
    })
  })
})
