const pageSize = 100
/** 100,000 items; an Airbyte that ignores the cursor ends far earlier, since its pages repeat. */
const pagesLimit = 1_000

/**
 * Walks a list to its end. From 1.8 on Airbyte pages by the id of the last item (20 when no size is given); older ones
 * ignore page and cursor and answer everything at once, which is seen by its size or by its repeating.
 */
export const allPages = async <Item>(
  fetchPage: (page: { pageSize: number; cursor?: string }) => Promise<readonly Item[]>,
  idOf: (item: Item) => string,
): Promise<readonly Item[]> => {
  const found = new Map<string, Item>()
  let cursor: string | undefined
  for (let page = 0; page < pagesLimit; page++) {
    const items = await fetchPage({ pageSize, ...(cursor === undefined ? {} : { cursor }) })
    const before = found.size
    for (const item of items) found.set(idOf(item), item)
    const last = items.at(-1)
    if (items.length !== pageSize || last === undefined || found.size === before) break
    cursor = idOf(last)
  }
  return [...found.values()]
}
