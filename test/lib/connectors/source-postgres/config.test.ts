import { describe, expect, it } from 'vitest'
import { sourcePostgres } from '../../../../lib/connectors/source-postgres/index.ts'

const config = { host: 'db', port: 5432, database: 'shop', username: 'reader', password: 'secret' }

describe('configuration of source-postgres', () => {
  it('what is not given has a default', () => {
    expect(sourcePostgres.parseConfig(config)).toMatchObject({
      schemas: ['public'],
      tls: { mode: 'prefer' },
      connectTimeoutMs: 10_000,
    })
  })

  it('connectTimeout of the JDBC parameters is followed, what only tunes the driver is ignored', () => {
    const parsed = sourcePostgres.parseConfig({ ...config, jdbc_url_params: 'connectTimeout=3&prepareThreshold=0' })
    expect(parsed).toMatchObject({ connectTimeoutMs: 3000 })
  })

  it.each([
    ['/host', { host: '' }],
    ['/port', { port: 70_000 }],
    ['/replication_method/method', { replication_method: { method: 'CDC', replication_slot: 's', publication: 'p' } }],
    ['/replication_method/method', { replication_method: { method: 'Xmin' } }],
    ['/tunnel_method/tunnel_method', { tunnel_method: { tunnel_method: 'SSH_KEY_AUTH' } }],
    ['/ssl_mode/mode', { ssl_mode: { mode: 'sometimes' } }],
    ['/ssl_mode/ca_certificate', { ssl_mode: { mode: 'verify-full' } }],
    ['/jdbc_url_params', { jdbc_url_params: 'currentSchema=x' }],
    ['/entra_service_principal_auth', { entra_service_principal_auth: true }],
  ])('is refused at %s', (pointer, part) => {
    const parsing = () => sourcePostgres.parseConfig({ ...config, ...part })
    expect(parsing).toThrow(
      expect.objectContaining({ code: 'connector_config', errors: [expect.objectContaining({ pointer })] }),
    )
  })
})
