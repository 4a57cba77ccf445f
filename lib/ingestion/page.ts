import { IngestionError } from '../errors.ts'

export interface PageRequest {
  limit?: number | undefined
  cursor?: string | undefined
}

export interface Page<Item> {
  items: Item[]
  /** Of the next page; absent on the last one. */
  cursor?: string
}

type Key = readonly [name: string, id: string]

const defaultLimit = 20

/**
 * One page by name, then id. A cursor is the last item's place rather than its number, so that what is made or deleted
 * between two pages neither repeats nor hides another.
 */
export const pageOf = <Item extends { name: string }>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  { limit = defaultLimit, cursor }: PageRequest,
): Page<Item> => {
  const after = cursor === undefined ? undefined : parse(cursor)
  const keyOf = (item: Item): Key => [item.name, idOf(item)]
  const rest = items
    .filter((item) => after === undefined || compare(keyOf(item), after) > 0)
    .sort((a, b) => compare(keyOf(a), keyOf(b)))
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return { items: page, ...(last && rest.length > limit ? { cursor: written(keyOf(last)) } : {}) }
}

const compare = ([name, id]: Key, [otherName, otherId]: Key): number => order(name, otherName) || order(id, otherId)
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const written = (key: Key) => Buffer.from(JSON.stringify(key)).toString('base64url')

const parse = (cursor: string): Key => {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(key) && key.length === 2 && key.every((part) => typeof part === 'string'))
      return [key[0] as string, key[1] as string]
  } catch {
    // Told below, as any other text that is no cursor.
  }
  throw new IngestionError('invalid_input', '/cursor is not one that a list answered.', {
    errors: [{ pointer: '/cursor', message: 'is not one that a list answered' }],
  })
}
