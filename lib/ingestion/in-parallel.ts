/** The results in order, at most `limit` of them under way. Rejects with the first failure. */
export const inParallel = async <Item, Result>(
  items: readonly Item[],
  limit: number,
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> => {
  const results = new Map<number, Result>()
  const queue = items.entries()
  const work = async () => {
    for (const [index, item] of queue) results.set(index, await run(item))
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  return items.map((_, index) => results.get(index) as Result)
}
