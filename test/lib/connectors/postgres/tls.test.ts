import type { PeerCertificate } from 'node:tls'
import { describe, expect, it } from 'vitest'
import type { ServerConfig, TlsMode } from '../../../../lib/connectors/postgres/config.ts'
import { type Tls, tlsAttempts } from '../../../../lib/connectors/postgres/tls.ts'

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
