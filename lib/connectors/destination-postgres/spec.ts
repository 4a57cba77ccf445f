import { tlsChoices } from '../postgres/specification.ts'
import { noTunnel } from '../specification.ts'

/** JSON Schema of the configuration: the field names are those of Airbyte's own destination-postgres. */
export const connectionSpecification = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Postgres destination',
  type: 'object',
  required: ['host', 'port', 'database', 'schema', 'username'],
  additionalProperties: true,
  properties: {
    host: { title: 'Host', type: 'string', order: 0 },
    port: { title: 'Port', type: 'integer', minimum: 1, maximum: 65535, default: 5432, order: 1 },
    database: { title: 'Database', type: 'string', order: 2 },
    schema: {
      title: 'Default schema',
      description: 'For streams whose namespace rule names none. Created when missing.',
      type: 'string',
      default: 'public',
      order: 3,
    },
    username: {
      title: 'User',
      description:
        'Needs CREATE on the schemas, TEMPORARY on the database for append_dedup, and CREATE on the database for new schemas.',
      type: 'string',
      order: 4,
    },
    password: { title: 'Password', type: 'string', airbyte_secret: true, order: 5 },
    ssl: {
      title: 'Encrypt',
      description: 'Encrypted or not at all, where ssl_mode says nothing.',
      type: 'boolean',
      default: false,
      order: 6,
    },
    ssl_mode: {
      title: 'Encryption',
      type: 'object',
      order: 7,
      oneOf: tlsChoices,
    },
    jdbc_url_params: {
      title: 'JDBC URL parameters',
      description: 'Not supported by the embedded engine, which does not use JDBC.',
      type: 'string',
      order: 9,
    },
    raw_data_schema: {
      title: 'Internal schema',
      description: 'Accepted and not needed: the embedded engine leaves no tables of its own behind.',
      type: 'string',
      order: 10,
    },
    disable_type_dedupe: {
      title: 'Raw tables only',
      description: 'Not supported by the embedded engine, which writes typed tables.',
      type: 'boolean',
      default: false,
      order: 11,
    },
    drop_cascade: {
      title: 'Drop with CASCADE',
      description:
        'An overwrite drops the views and foreign keys that forbid it, such as a view on a column that changes its type. Off: the sync fails and says which.',
      type: 'boolean',
      default: false,
      order: 12,
    },
    metadata_columns: {
      title: 'Metadata columns',
      description:
        'Writes _airbyte_raw_id, _airbyte_extracted_at, _airbyte_meta and _airbyte_generation_id before the columns of the stream.',
      type: 'boolean',
      default: true,
      order: 13,
    },
    tunnel_method: noTunnel(14),
  },
} as const
