import { describe, expect, it } from 'vitest'
import { pageOf } from '../../../lib/ingestion/page.ts'

const items = ['b', 'a', 'c', 'a'].map((name, index) => ({ name, id: String(index) }))
const page = (from: typeof items, query: Parameters<typeof pageOf>[2]) =>
  pageOf(from, (one) => String(Reflect.get(one, 'id')), query)

describe('pageOf', () => {
  it('goes by name, then id, and has no cursor on the last page', () => {
    const first = page(items, { limit: 2 })
    expect(first.items).toMatchObject([{ id: '1' }, { id: '3' }])
    const second = page(items, { limit: 2, cursor: String(first.cursor) })
    expect(second).toEqual({ items: [items[0], items[2]] })
  })

  it('neither repeats nor skips when items come and go between pages', () => {
    const { cursor } = page(items, { limit: 2 })
    const changed = [...items.filter(({ id }) => id !== '3'), { name: 'aa', id: '9' }, { name: 'A', id: '8' }]
    expect(page(changed, { cursor: String(cursor) }).items.map(({ name }) => name)).toEqual(['aa', 'b', 'c'])
  })

  it.each(['', '%', 'e30', 'WzEsMl0'])('%j is no cursor', (cursor) =>
    expect(() => page(items, { cursor })).toThrow(/cursor/),
  )
})
