import { IngestionError } from '../errors.ts'

/**
 * The API root without a trailing slash, from what people configure: with or without `/api/v1`, with a trailing slash,
 * with spaces around. Credentials inside a URL are refused: they would end up in messages.
 */
export const apiRoot = (configured: string, setting: string): string => {
  const url = URL.parse(configured.trim())
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new IngestionError(
      'not_configured',
      `${setting} is not an http or https URL; expected something like http://airbyte.example:8000/api/v1.`,
    )
  if (url.username || url.password)
    throw new IngestionError('not_configured', `${setting} must not hold credentials; put them into the auth setting.`)
  const path = url.pathname.replace(/\/+$/, '')
  return url.origin + (/\/v1$/.test(path) ? path : `${path.replace(/\/api$/, '')}/api/v1`)
}
