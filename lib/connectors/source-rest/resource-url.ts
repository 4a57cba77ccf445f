import { addQuery } from './query.ts'

/** The URL with `path`, which may have a query, put after its own path. */
export const under = (base: string, path: string): URL => {
  const url = new URL(base)
  url.hash = ''
  if (path === '') return url
  const [rest = '', query] = path.split(/\?(.*)/s)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${rest.replace(/^\//, '')}`
  addQuery(url, query ?? '')
  return url
}

/** What is wrong with the text of a URL. */
export const urlFault = (text: string): string | undefined => {
  const url = URL.parse(text)
  if (!url) return 'is no URL: give one that begins with http:// or https://'
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://'
  if (url.username || url.password) return 'contains a user or password: use api_key or headers'
  return undefined
}

/** The last part of the path, without its ending; the host when there is no path. */
export const nameOf = (url: URL): string => {
  const last = url.pathname.split('/').filter(Boolean).at(-1)
  if (!last) return url.hostname
  try {
    return decodeURIComponent(last).replace(/\.json$/i, '')
  } catch {
    return last
  }
}
