const metadataColumns = {
  title: 'Metadata columns',
  description:
    'Writes _airbyte_raw_id, _airbyte_extracted_at, _airbyte_meta and _airbyte_generation_id before the columns of the stream.',
  type: 'boolean',
  default: true,
} as const

/** CSV and JSON lines differ in their name only. */
const lines = <Name extends string>(name: Name, title: string) =>
  ({
    title,
    type: 'object',
    required: ['format_type'],
    properties: {
      format_type: { type: 'string', enum: [name], default: name },
      flattening: {
        title: 'Flattening',
        description: 'At the root level, the columns of the stream stand beside the metadata; else in _airbyte_data.',
        type: 'string',
        enum: ['No flattening', 'Root level flattening'],
        default: 'No flattening',
      },
      compression: {
        title: 'Compression',
        type: 'object',
        oneOf: ['No Compression', 'GZIP'].map((type) => ({
          title: type,
          type: 'object',
          required: ['compression_type'],
          properties: { compression_type: { type: 'string', enum: [type], default: type } },
        })),
      },
      metadata_columns: metadataColumns,
    },
  }) as const

/** JSON Schema of the configuration: the field names are those of Airbyte's own destination-s3. */
export const connectionSpecification = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'S3 destination',
  type: 'object',
  required: ['s3_bucket_name', 's3_bucket_path', 's3_bucket_region', 'format'],
  additionalProperties: true,
  properties: {
    access_key_id: {
      title: 'Access key id',
      description: 'Without a key, the credentials of the machine or role that runs the engine are used.',
      type: 'string',
      airbyte_secret: true,
      order: 0,
    },
    secret_access_key: { title: 'Secret access key', type: 'string', airbyte_secret: true, order: 1 },
    role_arn: { title: 'Role', description: 'Not supported by the embedded engine.', type: 'string', order: 2 },
    s3_bucket_name: { title: 'Bucket', description: 'An existing bucket.', type: 'string', order: 3 },
    s3_bucket_path: { title: 'Path in the bucket', description: 'Put before every key.', type: 'string', order: 4 },
    s3_bucket_region: {
      title: 'Region',
      description: 'May be empty for a store that has none.',
      type: 'string',
      default: '',
      examples: ['us-east-1'],
      order: 5,
    },
    format: {
      title: 'Format',
      description: 'How the objects are written. The embedded engine writes Parquet, JSON lines and CSV.',
      type: 'object',
      order: 6,
      oneOf: [
        {
          title: 'Parquet',
          type: 'object',
          required: ['format_type'],
          properties: {
            format_type: { type: 'string', enum: ['Parquet'], default: 'Parquet' },
            compression_codec: {
              title: 'Compression',
              type: 'string',
              enum: ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'LZ4', 'ZSTD'],
              default: 'SNAPPY',
            },
            block_size_mb: {
              title: 'Row group (MB)',
              description:
                'Upper bound of a row group before compression. More than 32 is taken as 32, to bound memory.',
              type: 'integer',
              minimum: 1,
              default: 32,
            },
            metadata_columns: metadataColumns,
          },
        },
        lines('JSONL', 'JSON lines'),
        lines('CSV', 'CSV: comma-separated values'),
      ],
    },
    s3_endpoint: {
      title: 'Endpoint',
      description: 'Address of an S3-compatible store. Empty for AWS.',
      type: 'string',
      default: '',
      examples: ['http://localhost:9000'],
      order: 7,
    },
    s3_path_format: {
      title: 'Folders and beginning of the name',
      description:
        'Variables: NAMESPACE, STREAM_NAME, YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLISECOND, EPOCH, UUID, each in braces after a dollar sign.',
      type: 'string',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Airbyte's own placeholders
      default: '${NAMESPACE}/${STREAM_NAME}/${YEAR}_${MONTH}_${DAY}_${EPOCH}_',
      order: 8,
    },
    file_name_pattern: {
      title: 'End of the name',
      description:
        'Variables: {date}, {date:yyyy_MM}, {timestamp}, {part_number}, {sync_id}, {format_extension}. Part, connection, stream, job and attempt are added, so that names are never used twice.',
      type: 'string',
      default: '{part_number}{format_extension}',
      order: 9,
    },
    request_timeout_seconds: {
      title: 'Request time-out in seconds',
      description:
        'A request that the store has not answered by then has failed. It may send a part of 8 MB: give more on a slow line. The embedded engine only.',
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 86_400,
      default: 60,
      order: 10,
    },
  },
} as const
