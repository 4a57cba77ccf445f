/** A few connectors with specifications of the kinds that occur: secrets, one-ofs required and not, listed values. */
const text = { type: 'string' }
const secret = { type: 'string', airbyte_secret: true }

const database = {
  host: text,
  port: { type: 'integer', minimum: 0, maximum: 65_536 },
  database: text,
  username: text,
  password: secret,
}

const method = (name: string, more: Record<string, unknown> = {}) => ({
  title: name,
  required: ['method', ...Object.keys(more)],
  properties: { method: { type: 'string', const: name }, ...more },
})

const mode = (name: string) => ({
  title: name,
  required: ['mode'],
  properties: { mode: { type: 'string', const: name } },
})

export const connectors = [
  {
    kind: 'source',
    definitionId: '435bb9a5-7887-4809-aa58-28c27df0d7ad',
    name: 'MySQL',
    dockerRepository: 'airbyte/source-mysql',
    specification: {
      type: 'object',
      required: ['host', 'port', 'database', 'username', 'replication_method'],
      properties: {
        ...database,
        replication_method: { type: 'object', oneOf: [method('CDC', { server_id: text }), method('STANDARD')] },
      },
    },
  },
  {
    kind: 'source',
    definitionId: 'decd338e-5647-4c0b-adf4-da0e75f5a750',
    name: 'Postgres',
    dockerRepository: 'airbyte/source-postgres',
    specification: {
      type: 'object',
      required: ['host', 'port', 'database', 'username'],
      properties: {
        ...database,
        ssl_mode: { type: 'object', oneOf: [mode('disable'), mode('require')] },
        replication_method: { type: 'object', oneOf: [method('CDC', { publication: text }), method('Standard')] },
      },
    },
  },
  {
    kind: 'source',
    definitionId: '11111111-aaaa-4aaa-8aaa-111111111111',
    name: 'S3 Data Lake',
    dockerRepository: 'airbyte/source-s3-data-lake',
    specification: { type: 'object', properties: {} },
  },
  {
    kind: 'destination',
    definitionId: '22222222-aaaa-4aaa-8aaa-222222222222',
    name: 'S3 Data Lake',
    dockerRepository: 'airbyte/destination-s3-data-lake',
    specification: { type: 'object', properties: {} },
  },
  {
    kind: 'destination',
    definitionId: '4816b78f-1489-44c1-9060-4b19d5fa9362',
    name: 'S3',
    dockerRepository: 'airbyte/destination-s3',
    modes: ['overwrite', 'append'],
    specification: {
      type: 'object',
      required: ['s3_bucket_name', 's3_bucket_path', 's3_bucket_region', 'format'],
      properties: {
        s3_bucket_name: text,
        s3_bucket_path: text,
        s3_bucket_region: { type: 'string', default: '', enum: ['', 'us-east-1', 'eu-central-1'] },
        s3_endpoint: text,
        access_key_id: secret,
        secret_access_key: secret,
        format: {
          type: 'object',
          oneOf: [
            { required: ['format_type'], properties: { format_type: { type: 'string', enum: ['JSONL'] } } },
            {
              required: ['format_type'],
              properties: {
                format_type: { type: 'string', enum: ['Parquet'] },
                compression_codec: { type: 'string', enum: ['UNCOMPRESSED', 'SNAPPY', 'ZSTD'] },
              },
            },
          ],
        },
      },
    },
  },
] as const

export const catalog = {
  streams: [
    {
      stream: {
        name: 'orders',
        namespace: 'public',
        jsonSchema: {
          type: 'object',
          properties: { id: { type: 'integer' }, total: { type: 'number' }, updated_at: { type: 'string' } },
        },
        supportedSyncModes: ['full_refresh', 'incremental'],
        sourceDefinedCursor: false,
        defaultCursorField: [],
        sourceDefinedPrimaryKey: [['id']],
      },
      config: { syncMode: 'full_refresh', destinationSyncMode: 'overwrite', aliasName: 'orders', selected: false },
    },
    {
      stream: {
        name: 'customers',
        namespace: 'public',
        jsonSchema: { type: 'object', properties: { id: { type: 'integer' }, updated_at: { type: 'string' } } },
        supportedSyncModes: ['full_refresh', 'incremental'],
        sourceDefinedCursor: false,
        defaultCursorField: [],
        sourceDefinedPrimaryKey: [],
      },
      config: { syncMode: 'full_refresh', destinationSyncMode: 'overwrite', aliasName: 'customers', selected: false },
    },
  ],
}
