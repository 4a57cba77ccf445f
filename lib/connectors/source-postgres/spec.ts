import { tlsChoices } from '../postgres/specification.ts'
import { noTunnel } from '../specification.ts'

/** JSON Schema of the configuration: the field names are those of Airbyte's own source-postgres. */
export const connectionSpecification = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Postgres source',
  type: 'object',
  required: ['host', 'port', 'database', 'username'],
  additionalProperties: true,
  properties: {
    host: { title: 'Host', description: 'Name or address of the server.', type: 'string', order: 0 },
    port: { title: 'Port', type: 'integer', minimum: 0, maximum: 65536, default: 5432, examples: ['5432'], order: 1 },
    database: { title: 'Database', type: 'string', order: 2 },
    schemas: {
      title: 'Schemas',
      description: 'Whose tables and views are offered, with exact case. Empty = all but the system schemas.',
      type: 'array',
      items: { type: 'string' },
      uniqueItems: true,
      default: ['public'],
      order: 3,
    },
    username: {
      title: 'User',
      description: 'A role that may SELECT; it needs nothing else.',
      type: 'string',
      order: 4,
    },
    password: { title: 'Password', type: 'string', airbyte_secret: true, order: 5 },
    jdbc_url_params: {
      title: 'JDBC URL parameters',
      description:
        'key=value pairs joined by &. connectTimeout (seconds) is followed; parameters that only tune the JDBC driver are ignored; others are refused.',
      type: 'string',
      order: 6,
    },
    ssl_mode: {
      title: 'TLS',
      description: 'How the connection is encrypted; prefer when not given.',
      type: 'object',
      order: 8,
      oneOf: tlsChoices,
    },
    replication_method: {
      title: 'How changes are found',
      description: 'The embedded engine reads changes by a cursor column that the user chooses.',
      type: 'object',
      default: { method: 'Standard' },
      order: 9,
      oneOf: [
        {
          title: 'Cursor column',
          type: 'object',
          required: ['method'],
          properties: { method: { type: 'string', const: 'Standard', order: 8 } },
        },
      ],
    },
    lookback_window_seconds: {
      title: 'Lookback window in seconds',
      description:
        'Incremental syncs by a date or timestamp begin this much before the last value that was read, to find rows of transactions that were committed late: give the duration of the longest one. Rows of the window are sent again: append_dedup recognizes them, append repeats them.',
      type: 'integer',
      minimum: 0,
      default: 0,
      order: 10,
    },
    tunnel_method: noTunnel(11),
  },
} as const
