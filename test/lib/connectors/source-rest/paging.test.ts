import { describe, expect, it } from 'vitest'
import { sourceRest } from '../../../../lib/connectors/source-rest/index.ts'
import type { Reply } from '../../../support/json-api.ts'
import { idsOf, RestApi, stream } from './rest-api.ts'

const total = 25
const slice = (from: number, count: number) =>
  Array.from({ length: Math.max(0, Math.min(count, total - from)) }, (_, index) => ({ id: from + index }))
const all = slice(0, total).map(({ id }) => id)
const from = (query: URLSearchParams, name: string) => Number(query.get(name) ?? 0)
const rest = new RestApi()

describe('paging', () => {
  it.each<[string, object, (query: URLSearchParams) => unknown, number]>([
    [
      'page',
      { type: 'page', size_parameter: 'per_page', page_size: 10 },
      (query) => slice((from(query, 'page') - 1) * 10, from(query, 'per_page')),
      4,
    ],
    [
      'page from 0 without a size',
      { type: 'page', page_parameter: 'p', start_page: 0 },
      (query) => slice(from(query, 'p') * 10, 10),
      4,
    ],
    [
      'offset',
      { type: 'offset', page_size: 10 },
      (query) => ({ items: slice(from(query, 'offset'), from(query, 'limit')), total }),
      4,
    ],
    [
      'token',
      { type: 'cursor', cursor_path: '/meta/next', cursor_parameter: 'after' },
      (query) => {
        const start = from(query, 'after')
        return { data: slice(start, 10), meta: { next: start + 10 < total ? start + 10 : null } }
      },
      3,
    ],
    [
      'URL in the answer',
      { type: 'cursor', cursor_path: 'next' },
      (query) => {
        const start = from(query, 'from')
        return { results: slice(start, 10), next: start + 10 < total ? `/v1/items?from=${start + 10}` : '' }
      },
      3,
    ],
    [
      'page, with a list that is left out when it is empty',
      { type: 'page' },
      (query) => ({ total, ...(from(query, 'page') < 4 ? { orders: slice((from(query, 'page') - 1) * 10, 10) } : {}) }),
      4,
    ],
    [
      'page, with a list beside it that is filled later',
      { type: 'page' },
      (query) => ({
        orders: slice((from(query, 'page') - 1) * 10, 10),
        notes: from(query, 'page') === 1 ? ['none'] : [{ note: 1 }],
      }),
      4,
    ],
  ])('by %s is read to its end', async (_, pagination, page, requests) => {
    rest.reply = page
    expect(idsOf(await rest.read({ pagination }))).toEqual(all)
    expect(rest.requests).toHaveLength(requests)
  })

  it('by Link header is read to its end', async () => {
    rest.reply = (query, _, response) => {
      const start = from(query, 'from')
      const next = `<${rest.origin}/v1/items?from=${start + 10}>; title="a, b"; rel="next last"`
      if (start + 10 < total) response.setHeader('link', `</v1/items?from=0>; rel="first", ${next}`)
      return slice(start, 10)
    }
    expect(idsOf(await rest.read({ pagination: { type: 'link_header' } }))).toEqual(all)
  })

  it.each([
    ['an error', {}, { error: 'try again' }, 'try again'],
    ['an error where records_path says that a list is', { records_path: 'data' }, { error: 'try again' }, 'try again'],
    [
      'an error beside an empty list',
      { records_path: 'data' },
      { success: false, message: 'quota', data: [] },
      'quota',
    ],
  ])('does not end with %s', async (_, more, second, message) => {
    rest.reply = (query) => (query.get('page') === '1' ? { data: slice(0, 10) } : second)
    await expect(rest.read({ pagination: { type: 'page' }, ...more })).rejects.toThrow(message)
  })

  it.each([
    ['a parameter that the API does not know', { type: 'page' }, () => [{ id: 1 }]],
    [
      'a page that names itself',
      { type: 'cursor', cursor_path: 'next' },
      () => ({ data: [{ id: Math.random() }], next: '/v1/items' }),
    ],
    [
      'a next page elsewhere',
      { type: 'cursor', cursor_path: 'next' },
      () => ({ data: [{ id: 1 }], next: 'http://other.invalid/' }),
    ],
  ])('%s ends the read', async (_, pagination, page) => {
    rest.reply = page
    await expect(rest.read({ pagination })).rejects.toMatchObject({
      code: 'connector_config',
      errors: [{ pointer: '/pagination' }],
    })
    expect(rest.requests.length).toBeLessThanOrEqual(2)
  })

  it('too many pages end the read', async () => {
    rest.reply = (query) => [{ id: from(query, 'page') }]
    await expect(rest.read({ pagination: { type: 'page' }, max_pages: 5 })).rejects.toMatchObject({
      errors: [{ pointer: '/max_pages' }],
    })
  })
})

describe('the next page', () => {
  const pages: Reply = (query) => slice(0, 10).map(({ id }) => ({ id: id + 100 * from(query, 'page') }))

  it('is asked for while one is worked on, and no further', async () => {
    rest.reply = pages
    const { signal } = new AbortController()
    await using open = await sourceRest.open(
      sourceRest.parseConfig(rest.configOf({ pagination: { type: 'page' } })),
      signal,
    )
    const { batches } = await open.read(stream, undefined, signal)
    // Ten pages are the sample.
    await expect.poll(() => rest.requests.length).toBe(11)
    await batches[Symbol.asyncIterator]().return?.()
  })

  it('is given up when the reader is', async () => {
    let closed = 0
    rest.reply = (query, request, response) => {
      if (query.get('page') !== '11') return pages(query, request, response)
      response.on('close', () => closed++)
      return undefined
    }
    const abort = new AbortController()
    await using open = await sourceRest.open(
      sourceRest.parseConfig(rest.configOf({ pagination: { type: 'page' } })),
      abort.signal,
    )
    const { batches } = await open.read(stream, undefined, abort.signal)
    await expect.poll(() => rest.requests.length).toBe(11)
    const reading = Array.fromAsync(batches)
    abort.abort(new Error('cancelled'))
    await expect(reading).rejects.toThrow('cancelled')
    await expect.poll(() => closed).toBe(1)
  })

  it('is given up when the source is closed, though nobody has read a batch', async () => {
    let closed = 0
    rest.reply = (query, request, response) => {
      if (query.get('page') !== '11') return pages(query, request, response)
      response.on('close', () => closed++)
      return undefined
    }
    const { signal } = new AbortController()
    const config = sourceRest.parseConfig(rest.configOf({ pagination: { type: 'page' } }))
    const open = await sourceRest.open(config, signal)
    await open.read(stream, undefined, signal)
    await expect.poll(() => rest.requests.length).toBe(11)
    await open[Symbol.asyncDispose]()
    await expect.poll(() => closed).toBe(1)
  })

  it('is given up when nobody wants more', async () => {
    let closed = 0
    const first = Array.from({ length: 10_000 }, (_, id) => ({ id }))
    rest.reply = (query, _, response) => {
      if (query.get('page') === '1') return first
      response.on('close', () => closed++)
      return undefined
    }
    const { signal } = new AbortController()
    await using open = await sourceRest.open(
      sourceRest.parseConfig(rest.configOf({ pagination: { type: 'page' } })),
      signal,
    )
    const { batches } = await open.read(stream, undefined, signal)
    for await (const { rows } of batches) {
      expect(rows).toBeGreaterThan(8_000)
      await expect.poll(() => rest.requests.length).toBe(2)
      break
    }
    await expect.poll(() => closed).toBe(1)
  })

  it('is not asked for by check and discover', async () => {
    rest.reply = pages
    expect(await rest.check({ pagination: { type: 'page' } })).toEqual([])
    expect(rest.requests).toHaveLength(1)
    const config = sourceRest.parseConfig(rest.configOf({ pagination: { type: 'page' } }))
    await sourceRest.discover(config, AbortSignal.timeout(10_000))
    expect(rest.requests).toHaveLength(11)
  })
})
