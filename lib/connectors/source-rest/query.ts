/**
 * Sets a parameter of the query once; all else stays as it was written. URLSearchParams would write it anew: `$filter=a%20eq%20b`
 * with a plus, `a` with an equals sign, which not every API reads the same, and no signature survives.
 */
export const setParameter = (url: URL, name: string, value: string): void => {
  const others = partsOf(url.search).filter((part) => nameOf(part) !== name)
  url.search = [...others, `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`].join('&')
}

/** Adds parameters that are written as a query. */
export const addQuery = (url: URL, query: string): void => {
  url.search = [...partsOf(url.search), ...partsOf(query)].join('&')
}

const partsOf = (query: string): readonly string[] => query.replace(/^\?/, '').split('&').filter(Boolean)

const nameOf = (part: string): string | undefined => new URLSearchParams(part).keys().next().value
