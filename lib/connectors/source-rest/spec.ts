import { parameterFormats } from './config.ts'

const parameter = (title: string, fallback: string) => ({ title, type: 'string', default: fallback })
const sizes = {
  size_parameter: { title: 'Parameter of the page size', type: 'string' },
  page_size: { title: 'Records per page', type: 'integer', minimum: 1 },
}
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

/** What a stream of its own may say differently. `first` is the order of the first of them in a form. */
const perStream = (first: number) => ({
  method: { title: 'Method', type: 'string', enum: ['GET', 'POST'], default: 'GET', order: first },
  records_path: {
    title: 'Where the records are',
    description:
      'In the answer, as /data/items or data.items; "." is the whole answer. Default: the answer, or the one list of objects in it.',
    type: 'string',
    examples: ['/data/items'],
    order: first + 1,
  },
  query: {
    title: 'Query parameters',
    type: 'object',
    additionalProperties: { type: 'string' },
    default: {},
    order: first + 2,
  },
  body: { title: 'Body', description: 'JSON, for POST.', type: 'object', order: first + 3 },
  parameter_location: {
    title: 'Parameters of paging and cursor go into',
    description: 'Default: the body of a POST, else the query. In a body a name with dots goes into inner objects.',
    type: 'string',
    enum: ['query', 'body'],
    order: first + 4,
  },
  pagination: {
    title: 'Paging',
    type: 'object',
    order: first + 5,
    oneOf: [
      pagingOf('none', 'One request has everything.'),
      pagingOf('page', 'Pages have numbers.', {
        page_parameter: parameter('Parameter of the page', 'page'),
        start_page: { title: 'First page', type: 'integer', minimum: 0, default: 1 },
        ...sizes,
      }),
      pagingOf('offset', 'Pages begin after so many records.', {
        offset_parameter: parameter('Parameter of the offset', 'offset'),
        ...sizes,
        size_parameter: parameter('Parameter of the page size', 'limit'),
        page_size: { ...sizes.page_size, default: 100 },
      }),
      pagingOf(
        'cursor',
        'Each answer names the next page, by a token or a URL.',
        {
          cursor_path: {
            title: 'Where the token is in the answer',
            description: '-1 is the last of a list: data.-1.id.',
            type: 'string',
            examples: ['/meta/next'],
          },
          cursor_parameter: parameter('Parameter of the token', 'cursor'),
          ...sizes,
        },
        ['cursor_path'],
      ),
      pagingOf('link_header', 'Each answer links to the next page (RFC 8288).', sizes),
    ],
  },
  primary_key: { title: 'Primary key', type: 'array', items: { type: 'string' }, default: [], order: first + 6 },
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
      parameter_format: {
        title: 'Form of the parameter',
        description: 'As the records write it, or as a day, a second in UTC, or Unix time.',
        type: 'string',
        enum: parameterFormats,
        default: 'as_is',
      },
      lookback_window_seconds: {
        title: 'Ask again for so many seconds',
        description: 'For APIs that show changes late. These records are sent again.',
        type: 'integer',
        minimum: 0,
        default: 0,
      },
    },
    order: first + 7,
  },
})

/** The same without defaults, which would stand above what holds for all streams; null = not incremental. */
const ownOfStream = (first: number) => {
  const properties: Record<string, object> = perStream(first)
  const own = Object.entries(properties).map(([name, property]) => {
    const { default: _, ...rest } = property as { default?: unknown }
    return [name, name === 'incremental' ? { ...rest, type: ['object', 'null'] } : rest]
  })
  return Object.fromEntries(own) as Record<string, unknown>
}

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
      description:
        'Sent as "Authorization: Bearer KEY", unless the fields below say otherwise. For Basic: user:password. Empty = none.',
      type: 'string',
      airbyte_secret: true,
      order: 1,
    },
    ...perStream(2),
    stream_name: {
      title: 'Stream name',
      description: 'Default: the last part of the path of the URL.',
      type: 'string',
      order: 10,
    },
    streams: {
      title: 'Streams',
      description: 'Several resources of one API. What a stream does not say itself is as above.',
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          path: {
            title: 'Path',
            description: 'Follows after the URL; may have a query.',
            type: 'string',
            examples: ['orders'],
            order: 0,
          },
          name: { title: 'Name', description: 'Default: the last part of the path.', type: 'string', order: 1 },
          ...ownOfStream(2),
        },
      },
      order: 11,
    },
    headers: {
      title: 'Headers',
      type: 'object',
      additionalProperties: { type: 'string', airbyte_secret: true },
      default: {},
      order: 12,
    },
    api_key_location: {
      title: 'API key goes into',
      type: 'string',
      enum: ['header', 'query'],
      default: 'header',
      order: 13,
    },
    api_key_name: {
      title: 'Header or parameter of the API key',
      description: 'Default: Authorization, or api_key in the query.',
      type: 'string',
      order: 14,
    },
    api_key_scheme: {
      title: 'Word before the API key',
      description: 'Default: Bearer in the header Authorization, none elsewhere.',
      type: 'string',
      order: 15,
    },
    requests_per_second: {
      title: 'Requests per second at most',
      type: 'number',
      minimum: 0.001,
      default: 10,
      order: 16,
    },
    timeout_seconds: {
      title: 'Time limit of a request (s)',
      type: 'integer',
      minimum: 1,
      maximum: 600,
      default: 60,
      order: 17,
    },
    max_pages: { title: 'Pages at most', type: 'integer', minimum: 1, default: 100000, order: 18 },
    max_response_mb: {
      title: 'Held of an answer at most (MB)',
      description:
        'Larger answers are read in parts; this much may one record have, or what stands around the records.',
      type: 'integer',
      minimum: 1,
      maximum: 1024,
      default: 64,
      order: 19,
    },
  },
} as const
