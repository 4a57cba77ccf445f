import { pages } from '../../lib/http/pages.ts'

export const handler = pages({
  'GET /openapi.json': async () => {
    const { default: document } = await import('./openapi.json', { with: { type: 'json' } })
    return { contentType: 'application/json', body: JSON.stringify(document) }
  },
  'GET /docs': async () => {
    const { page } = await import('./page.ts')
    return { contentType: 'text/html; charset=utf-8', body: page }
  },
})
