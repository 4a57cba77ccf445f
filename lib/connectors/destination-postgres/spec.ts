const certificate = (title: string, order: number) => ({
  title,
  type: 'string',
  airbyte_secret: true,
  multiline: true,
  order,
})

const tlsMode = (mode: string, description: string, certificates: readonly string[] = []) => ({
  title: mode,
  description,
  type: 'object',
  required: ['mode', ...certificates],
  additionalProperties: true,
  properties: {
    mode: { type: 'string', enum: [mode], default: mode },
    ...(certificates.length > 0
      ? {
          ca_certificate: certificate('CA certificate (PEM)', 1),
          client_certificate: certificate('Client certificate (PEM)', 2),
          client_key: certificate('Client key (PEM)', 3),
          client_key_password: certificate('Password of the client key', 4),
        }
      : {}),
  },
})

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
      oneOf: [
        tlsMode('disable', 'Never encrypted.'),
        tlsMode('allow', 'Encrypted only when the server insists.'),
        tlsMode('prefer', 'Encrypted when the server can.'),
        tlsMode('require', 'Encrypted or not at all; the certificate is not checked.'),
        tlsMode('verify-ca', 'Encrypted, and the certificate must come from the given authority.', ['ca_certificate']),
        tlsMode('verify-full', 'As verify-ca, and the certificate must be for this host.', ['ca_certificate']),
      ],
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
      description: 'Overwriting a table also drops the views that use it. Off: the sync fails and says which.',
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
    tunnel_method: {
      title: 'SSH tunnel',
      description: 'The embedded engine connects directly; only NO_TUNNEL works.',
      type: 'object',
      order: 14,
      oneOf: [
        {
          title: 'No tunnel',
          type: 'object',
          required: ['tunnel_method'],
          properties: { tunnel_method: { type: 'string', enum: ['NO_TUNNEL'], default: 'NO_TUNNEL' } },
        },
      ],
    },
  },
} as const
