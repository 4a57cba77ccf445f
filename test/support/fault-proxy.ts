import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { anyPort } from '../../lib/local/port.ts'

/** What may happen to a request on its way to Airbyte (before: it never arrives) or to the answer on its way back. */
export const faultKinds = [
  'refused',
  'cut before',
  'cut after',
  'cut in the body',
  'slow bytes',
  '500 before',
  '500 after',
  '502 after',
  '503 before',
  '504 after',
  '429',
  'HTML',
  'truncated JSON',
  'wrong content type',
  'expired token',
  'read twice',
] as const
export type FaultKind = (typeof faultKinds)[number]

export interface FaultProxy extends AsyncDisposable {
  /** Ends in /api/v1. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  /** How often each has happened. */
  readonly counts: ReadonlyMap<FaultKind, number>
  readonly requests: () => number
}

interface FaultProxyOptions {
  /** Where Airbyte is, with /api/v1; asked for each request. */
  target: () => string
  /** In [0, 1). */
  random: () => number
  /** Share of requests that something happens to. */
  rate: number
}

const html = '<!DOCTYPE html><html><body><h1>Bad Gateway</h1></body></html>'
const refusedMs = 40
const byteMs = 5
const reads = /\/(get|get_light|get_without_logs|list|health)$/

/** Stands between functions and Airbyte, wants tokens, and does to requests what networks, gateways and servers do. */
export const startFaultProxy = async ({ target, random, rate }: FaultProxyOptions): Promise<FaultProxy> => {
  const clientId = 'functions'
  const clientSecret = randomUUID()
  const counts = new Map<FaultKind, number>()
  const tokens = new Set<string>()
  let requests = 0
  // Nobody else may take it in the moments without a listener.
  const port = await anyPort()
  let isClosed = false

  const pick = (path: string): FaultKind | undefined => {
    if (random() >= rate) return undefined
    const kind = faultKinds[Math.floor(random() * faultKinds.length)]
    // A start that a network doubles is a second start, which no client could help.
    return kind === 'read twice' && !reads.test(path) ? undefined : kind
  }

  const token = (body: string, response: ServerResponse) => {
    const { client_id: id, client_secret: secret } = JSON.parse(body) as Record<string, string>
    if (id !== clientId || secret !== clientSecret) return send(response, 401, '{"message":"no"}')
    const fresh = randomUUID()
    tokens.add(`Bearer ${fresh}`)
    return send(response, 200, JSON.stringify({ access_token: fresh, expires_in: 900 }))
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    requests++
    let body = ''
    for await (const chunk of request) body += chunk
    const path = (request.url ?? '').replace(/^\/api\/v1/, '')
    const fault = pick(path)
    if (fault) counts.set(fault, (counts.get(fault) ?? 0) + 1)
    switch (fault) {
      case 'refused':
        refuse()
        return void response.destroy()
      case 'cut before':
        return void response.destroy()
      case '500 before':
        return send(response, 500, `{"errorId":"${randomUUID()}"}`)
      case '503 before':
        return send(response, 503, html, 'text/html')
      case '429':
        return send(response, 429, '{"message":"Too Many Requests"}', 'application/json', { 'retry-after': '0' })
      case 'expired token':
        tokens.clear()
    }
    if (path === '/applications/token') return token(body, response)
    if (!tokens.has(request.headers.authorization ?? '')) return send(response, 401, '')
    const forward = async () => {
      const answer = await fetch(target() + path, {
        method: request.method ?? 'POST',
        ...(request.method === 'GET' ? {} : { body, headers: { 'content-type': 'application/json' } }),
      })
      return { status: answer.status, text: await answer.text() }
    }
    if (fault === 'read twice') await forward()
    const { status, text } = await forward()
    switch (fault) {
      case 'cut after':
        return void response.destroy()
      case 'cut in the body':
        response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
        return void response.write(text.slice(0, text.length / 2), () => response.destroy())
      case 'slow bytes':
        return slowly(response, status, text)
      case '500 after':
        return send(response, 500, `{"errorId":"${randomUUID()}"}`)
      case '502 after':
        return send(response, 502, html, 'text/html')
      case '504 after':
        return send(response, 504, html, 'text/html')
      case 'HTML':
        return send(response, 200, html, 'text/html')
      case 'truncated JSON':
        return send(response, status, text.slice(0, text.length / 2))
      case 'wrong content type':
        return send(response, status, text, 'text/plain')
      default:
        return send(response, status, text)
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  /** Nobody listens for a moment. */
  const refuse = () => {
    if (!server.listening) return
    server.close()
    server.closeIdleConnections()
    setTimeout(() => {
      if (!isClosed) server.listen(port, '127.0.0.1')
    }, refusedMs)
  }
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${port}/api/v1`,
    clientId,
    clientSecret,
    counts,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      server.closeAllConnections()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
}

const send = (
  response: ServerResponse,
  status: number,
  text: string,
  type = 'application/json',
  headers: Record<string, string> = {},
) => {
  response.writeHead(status, { 'content-type': type, ...headers })
  response.end(text)
}

const slowly = async (response: ServerResponse, status: number, text: string) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  const step = Math.ceil(text.length / 10)
  for (let at = 0; at < text.length; at += step) {
    response.write(text.slice(at, at + step))
    await new Promise((resolve) => setTimeout(resolve, byteMs))
  }
  response.end()
}
