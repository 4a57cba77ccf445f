import { noTunnel, tlsChoice, verifyingTlsChoice } from '../specification.ts'

/** JSON Schema of the configuration: the field names are those of Airbyte's own source-mysql. */
export const connectionSpecification = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'MySQL source',
  type: 'object',
  required: ['host', 'port', 'database', 'username'],
  additionalProperties: true,
  properties: {
    host: { title: 'Host', type: 'string', order: 1 },
    port: { title: 'Port', type: 'integer', minimum: 1, maximum: 65535, default: 3306, order: 2 },
    username: {
      title: 'User',
      description: 'Needs SELECT on what is to be read, nothing more.',
      type: 'string',
      order: 4,
    },
    password: { title: 'Password', type: 'string', airbyte_secret: true, always_show: true, order: 5 },
    database: {
      title: 'Database',
      description: 'Its tables and views become the streams.',
      type: 'string',
      always_show: true,
      order: 6,
    },
    jdbc_url_params: {
      title: 'JDBC URL parameters',
      description: 'Not supported by the embedded engine, which does not use JDBC.',
      type: 'string',
      order: 8,
    },
    ssl_mode: {
      title: 'Encryption',
      type: 'object',
      order: 9,
      oneOf: [
        tlsChoice('preferred', 'Encrypted when the server can; the certificate is not checked.'),
        tlsChoice('required', 'Encrypted or not at all; the certificate is not checked.'),
        verifyingTlsChoice('verify_ca', 'Encrypted, and the certificate must come from the given authority.'),
        verifyingTlsChoice('verify_identity', 'As verify_ca, and the certificate must be for this host.'),
      ],
    },
    tunnel_method: noTunnel(10),
    replication_method: {
      title: 'Update method',
      type: 'object',
      order: 11,
      oneOf: [
        {
          title: 'Scan with a cursor',
          description: 'Reads what is new by a cursor column that the user chooses for each stream.',
          type: 'object',
          required: ['method'],
          properties: { method: { type: 'string', enum: ['STANDARD'], default: 'STANDARD' } },
        },
      ],
    },
    lookback_window_seconds: {
      title: 'Lookback window in seconds',
      description:
        'Incremental syncs by a date or time begin this much before the last value that was read, to find rows of transactions that were committed late: give the duration of the longest one. Rows of the window are sent again: append_dedup recognizes them, append repeats them.',
      type: 'integer',
      minimum: 0,
      default: 0,
      order: 12,
    },
  },
} as const
