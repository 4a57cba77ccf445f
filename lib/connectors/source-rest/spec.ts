const parameter = (title: string, fallback: string) => ({ title, type: 'string', default: fallback })
const pageSize = { title: 'Records per page', type: 'integer', minimum: 1 }
const pagingOf = (
  type: string,
  description: string,
  properties: Record<string, unknown> = {},
  required: string[] = [],
) => ({
  title: type,
  description,
  type: 'object',
  required: ['type', ...required],
  properties: { type: { type: 'string', enum: [type], default: type }, ...properties },
})

/** JSON Schema of the configuration. Airbyte's registry has no such connector: the field names are this project's own. */
export const connectionSpecification = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'REST API source',
  type: 'object',
  required: ['url'],
  additionalProperties: true,
  properties: {
    url: {
      title: 'URL',
      description: 'Where the records are, with its fixed query.',
      type: 'string',
      format: 'uri',
      order: 0,
    },
    api_key: {
      title: 'API key',
      description: 'Sent as "Authorization: Bearer KEY", unless the fields below say otherwise. Empty = none.',
      type: 'string',
      airbyte_secret: true,
      order: 1,
    },
    method: { title: 'Method', type: 'string', enum: ['GET', 'POST'], default: 'GET', order: 2 },
    stream_name: {
      title: 'Stream name',
      description: 'Default: the last part of the path of the URL.',
      type: 'string',
      order: 3,
    },
    records_path: {
      title: 'Where the records are',
      description: 'In the answer, as /data/items or data.items. Default: the answer, or the one list in it.',
      type: 'string',
      examples: ['/data/items'],
      order: 4,
    },
    headers: {
      title: 'Headers',
      type: 'object',
      additionalProperties: { type: 'string', airbyte_secret: true },
      default: {},
      order: 5,
    },
    query: {
      title: 'Query parameters',
      type: 'object',
      additionalProperties: { type: 'string' },
      default: {},
      order: 6,
    },
    body: { title: 'Body', description: 'JSON, for POST.', type: 'object', order: 7 },
    api_key_location: {
      title: 'API key goes into',
      type: 'string',
      enum: ['header', 'query'],
      default: 'header',
      order: 8,
    },
    api_key_name: {
      title: 'Header or parameter of the API key',
      description: 'Default: Authorization, or api_key in the query.',
      type: 'string',
      order: 9,
    },
    api_key_scheme: {
      title: 'Word before the API key',
      description: 'Default: Bearer in the header Authorization, none elsewhere.',
      type: 'string',
      order: 10,
    },
    pagination: {
      title: 'Paging',
      type: 'object',
      order: 11,
      oneOf: [
        pagingOf('none', 'One request has everything.'),
        pagingOf('page', 'Pages have numbers.', {
          page_parameter: parameter('Parameter of the page', 'page'),
          start_page: { title: 'First page', type: 'integer', minimum: 0, default: 1 },
          size_parameter: { title: 'Parameter of the page size', type: 'string' },
          page_size: pageSize,
        }),
        pagingOf('offset', 'Pages begin after so many records.', {
          offset_parameter: parameter('Parameter of the offset', 'offset'),
          size_parameter: parameter('Parameter of the page size', 'limit'),
          page_size: { ...pageSize, default: 100 },
        }),
        pagingOf(
          'cursor',
          'Each answer names the next page, by a token or a URL.',
          {
            cursor_path: { title: 'Where the token is in the answer', type: 'string', examples: ['/meta/next'] },
            cursor_parameter: parameter('Parameter of the token', 'cursor'),
            size_parameter: { title: 'Parameter of the page size', type: 'string' },
            page_size: pageSize,
          },
          ['cursor_path'],
        ),
        pagingOf('link_header', 'Each answer links to the next page (RFC 8288).', {
          size_parameter: { title: 'Parameter of the page size', type: 'string' },
          page_size: pageSize,
        }),
      ],
    },
    primary_key: { title: 'Primary key', type: 'array', items: { type: 'string' }, default: [], order: 12 },
    incremental: {
      title: 'Incremental',
      description: 'For APIs that can leave out what did not change.',
      type: 'object',
      required: ['cursor_field', 'query_parameter'],
      properties: {
        cursor_field: { title: 'Field that tells when a record changed', type: 'string', examples: ['updated_at'] },
        query_parameter: {
          title: 'Parameter that asks for records from there on',
          type: 'string',
          examples: ['since'],
        },
        start_value: { title: 'Value of the parameter in the first sync', type: 'string' },
      },
      order: 13,
    },
    requests_per_second: {
      title: 'Requests per second at most',
      type: 'number',
      exclusiveMinimum: 0,
      default: 10,
      order: 14,
    },
    timeout_seconds: {
      title: 'Time limit of a request (s)',
      type: 'integer',
      minimum: 1,
      maximum: 600,
      default: 60,
      order: 15,
    },
    max_pages: { title: 'Pages at most', type: 'integer', minimum: 1, default: 100000, order: 16 },
    max_response_mb: {
      title: 'Size of an answer at most (MB)',
      type: 'integer',
      minimum: 1,
      maximum: 256,
      default: 64,
      order: 17,
    },
  },
} as const
