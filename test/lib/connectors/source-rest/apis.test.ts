import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { sourceRest } from '../../../../lib/connectors/source-rest/index.ts'
import { requestOf } from '../../../../lib/connectors/source-rest/request.ts'
import type { Reply } from '../../../support/json-api.ts'
import { bodyOf, idsOf, RestApi } from './rest-api.ts'

const total = 25
const slice = (from: number, count: number) =>
  Array.from({ length: Math.max(0, Math.min(count, total - from)) }, (_, index) => ({ id: from + index }))
const all = slice(0, total).map(({ id }) => id)
const pathOf = (request: { url?: string | undefined }) => request.url ?? ''
const from = (query: URLSearchParams, name: string) => Number(query.get(name) ?? 0)
const link = (response: ServerResponse, target: string) => response.setHeader('link', `<${target}>; rel="next"`)
const rest = new RestApi()

describe('pages of', () => {
  it.each<[string, object, Reply, number]>([
    [
      'GitHub: a list and a Link header',
      { pagination: { type: 'link_header', size_parameter: 'per_page', page_size: 10 } },
      (query, _, response) => {
        const page = from(query, 'page') || 1
        if (page < 3) link(response, `${rest.origin}/v1/items?per_page=10&page=${page + 1}`)
        return slice((page - 1) * 10, 10)
      },
      3,
    ],
    [
      'Stripe: the id of the last record',
      { pagination: { type: 'cursor', cursor_path: 'data.-1.id', cursor_parameter: 'starting_after' } },
      (query) => {
        const after = query.has('starting_after') ? from(query, 'starting_after') + 1 : 0
        return { object: 'list', data: slice(after, 10), has_more: after + 10 < total, url: '/v1/items' }
      },
      4,
    ],
    [
      'Elasticsearch: records inside, tokens of several values in a body',
      {
        method: 'POST',
        body: { query: { match_all: {} } },
        records_path: 'hits.hits',
        pagination: {
          type: 'cursor',
          cursor_path: 'hits.hits.-1.sort',
          cursor_parameter: 'search_after',
          size_parameter: 'size',
          page_size: 10,
        },
      },
      (_, request) => {
        const { size, query, search_after: after } = bodyOf(request)
        if (size !== 10 || !query.match_all) return { error: 'no query' }
        const hits = slice(after ? after[1] + 1 : 0, size).map(({ id }) => ({ id, sort: ['x', id] }))
        return { took: 1, _shards: { total: 1 }, hits: { total: { value: total }, hits } }
      },
      4,
    ],
    [
      'OData: a whole URL under a key with a dot',
      { pagination: { type: 'cursor', cursor_path: '@odata.nextLink' } },
      (query) => {
        const skip = from(query, '$skip')
        const next = skip + 10 < total ? { '@odata.nextLink': `${rest.origin}/v1/items?$skip=${skip + 10}` } : {}
        return { '@odata.context': 'x', value: slice(skip, 10), ...next }
      },
      3,
    ],
    [
      'OData: a relative URL',
      { pagination: { type: 'cursor', cursor_path: '@odata.nextLink' } },
      (query) => {
        const skip = from(query, '$skip')
        return {
          value: slice(skip, 10),
          ...(skip + 10 < total ? { '@odata.nextLink': `items?$skip=${skip + 10}` } : {}),
        }
      },
      3,
    ],
    [
      'HubSpot: a token far inside, in the body of a POST',
      {
        method: 'POST',
        body: { limit: 10 },
        pagination: { type: 'cursor', cursor_path: 'paging.next.after', cursor_parameter: 'after' },
      },
      (_, request) => {
        const { limit, after = 0 } = bodyOf(request)
        const end = Number(after) + limit
        return {
          results: slice(Number(after), limit),
          ...(end < total ? { paging: { next: { after: `${end}` } } } : {}),
        }
      },
      3,
    ],
    [
      'GraphQL: a variable of the query',
      {
        method: 'POST',
        body: { query: 'query ($after: String) { items(after: $after) { nodes { id } } }', variables: { first: 10 } },
        records_path: 'data.items.nodes',
        pagination: {
          type: 'cursor',
          cursor_path: 'data.items.pageInfo.endCursor',
          cursor_parameter: 'variables.after',
        },
      },
      (_, request) => {
        const { variables } = bodyOf(request)
        const start = Number(variables.after ?? 0)
        const endCursor = start + 10 < total ? String(start + 10) : null
        return { data: { items: { nodes: slice(start, variables.first), pageInfo: { endCursor } } } }
      },
      3,
    ],
    [
      'Zendesk: next_page is null at the end',
      { pagination: { type: 'cursor', cursor_path: 'next_page' } },
      (query) => {
        const page = from(query, 'page') || 1
        const next = page < 3 ? `${rest.origin}/v1/items?page=${page + 1}` : null
        return { tickets: slice((page - 1) * 10, 10), count: total, next_page: next }
      },
      3,
    ],
    [
      'Salesforce: a path without a query',
      { records_path: 'records', pagination: { type: 'cursor', cursor_path: 'nextRecordsUrl' } },
      (_, request) => {
        const start = Number(/items\/x-(\d+)/.exec(pathOf(request))?.[1] ?? 0)
        const done = start + 10 >= total
        return { done, records: slice(start, 10), ...(done ? {} : { nextRecordsUrl: `/v1/items/x-${start + 10}` }) }
      },
      3,
    ],
    [
      'Jira: a smaller page than was asked for, a total that changes',
      {
        pagination: {
          type: 'offset',
          offset_parameter: 'startAt',
          size_parameter: 'maxResults',
          page_size: 1_000,
        },
      },
      (query) => ({
        issues: slice(from(query, 'startAt'), 10),
        maxResults: 10,
        total: Math.floor(Math.random() * 99),
      }),
      4,
    ],
    [
      'Django: 404 after the last one',
      { pagination: { type: 'page' } },
      (query, _, response) =>
        from(query, 'page') > 3
          ? void response.writeHead(404).end('{"detail":"Invalid page."}')
          : { count: total, results: slice((from(query, 'page') - 1) * 10, 10) },
      4,
    ],
    [
      'tokens that look like paths, an empty one in the middle',
      { pagination: { type: 'cursor', cursor_path: 'next' } },
      (query) => {
        const start = Number(/^\/(\d+)\/=$/.exec(query.get('cursor') ?? '')?.[1] ?? 0)
        if (start === 10 && query.get('cursor') === '/10/=') return { items: [], next: '/010/=' }
        return { items: slice(start, 10), next: start + 10 < total ? `/${start + 10}/=` : '' }
      },
      4,
    ],
    [
      'an API that names a next one always',
      { pagination: { type: 'cursor', cursor_path: 'cursor' } },
      (query) => {
        const start = from(query, 'cursor')
        return { items: slice(start, 10), cursor: Math.min(start + 10, total) }
      },
      4,
    ],
    [
      'an API that leaves out an empty list',
      { records_path: 'messages', pagination: { type: 'page' } },
      (query) => {
        const messages = slice((from(query, 'page') - 1) * 10, 10)
        return messages.length > 0 ? { messages, estimate: 1 } : { estimate: 1 }
      },
      4,
    ],
  ])('%s', async (_, more, given, requests) => {
    rest.reply = given
    expect(idsOf(await rest.read(more))).toEqual(all)
    expect(rest.requests).toHaveLength(requests)
  })

  it('an API behind a proxy that says http and means https are asked by https', async () => {
    const config = sourceRest.parseConfig({ url: 'https://h/v1/items', api_key: 'k', api_key_location: 'query' })
    const page = { number: 2, parameters: {}, endsOn: [] }
    const [first] = config.streams
    if (!first) throw new Error('no stream')
    expect(requestOf(config, first, { ...page, url: 'http://h/v1/items?page=2' }, {}).url.href).toBe(
      'https://h/v1/items?page=2&api_key=k',
    )
    expect(() => requestOf(config, first, { ...page, url: 'http://evil/' }, {})).toThrow('not sent elsewhere')
  })

  it('a refused size fails, and is no end', async () => {
    rest.reply = (query, _, response) =>
      from(query, 'page') > 2
        ? void response.writeHead(422).end('{"message":"Only the first 20 results"}')
        : slice((from(query, 'page') - 1) * 10, 10)
    await expect(rest.read({ pagination: { type: 'page', page_size: 10 } })).rejects.toThrow(
      'Only the first 20 results',
    )
  })
})
