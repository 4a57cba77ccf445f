import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Profile, type ProfileName, profiles } from './profile.ts'
import { Refusal, store } from './store.ts'

export type StandInAuth =
  | { mode: 'none' }
  | { mode: 'basic'; username: string; password: string }
  | { mode: 'token'; clientId: string; clientSecret: string; lifeSeconds: number }

/** What happens to the next request of a path instead of its answer. `after`: the work is done first. */
export interface Fault {
  status?: number
  body?: string
  contentType?: string
  headers?: Record<string, string>
  after?: boolean
  /** The connection is cut. */
  cut?: boolean
  /** Never answered. */
  hang?: boolean
}

export interface StandIn extends AsyncDisposable {
  /** With /api/v1. */
  url: string
  /** Paths asked for, in order, without the root. */
  requests: string[]
  bodies: { path: string; body: Record<string, unknown> }[]
  /** What this project sent and Airbyte does not document. Expected to stay empty. */
  violations: string[]
  state: ReturnType<typeof store>['state']
  addJob: ReturnType<typeof store>['addJob']
  fail(path: string, ...faults: Fault[]): void
  /** The next so many requests of a path are answered; the faults come after them. */
  pass(path: string, times: number): void
  /** Forgets the faults of a path. */
  mend(path: string): void
  /** Tokens given out so far become worthless. */
  revokeTokens(): void
}

const java = (message: string) => ({
  message: `Internal Server Error: ${message}`,
  exceptionClassName: 'io.airbyte.commons.server.errors.KnownException',
  exceptionStack: [
    'io.airbyte.server.apis.ApiHelper.execute(ApiHelper.kt:30)',
    '\tat java.base/java.lang.Thread.run(Thread.java:1583)',
  ],
})

/** A strict Airbyte on a free port of 127.0.0.1: refuses what it does not know, counts what it is asked. */
export const startAirbyte = async (
  options: { profile?: ProfileName | Profile; auth?: StandInAuth } = {},
): Promise<StandIn> => {
  const profile = typeof options.profile === 'object' ? options.profile : profiles[options.profile ?? '2.0.0']
  const auth = options.auth ?? { mode: 'none' }
  const { state, operations, addJob } = store(profile)
  const requests: string[] = []
  const bodies: StandIn['bodies'] = []
  const violations: string[] = []
  const faults = new Map<string, (Fault | 'none')[]>()
  const tokens = new Map<string, number>()

  const respond = (response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value))
  }
  const refuse = (response: ServerResponse, { status, message, isKnown }: Refusal) => {
    const errorId = randomUUID()
    if (profile.errorBody === 'full') respond(response, status, isKnown ? { ...java(message), message } : java(message))
    else respond(response, status, isKnown ? { message, errorId } : { errorId })
  }

  const isAllowed = (request: IncomingMessage): boolean => {
    const header = request.headers.authorization
    if (auth.mode === 'none') return true
    if (auth.mode === 'basic')
      return header === `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
    return (tokens.get(header?.replace('Bearer ', '') ?? '') ?? 0) > Date.now()
  }
  const unauthorized = (response: ServerResponse) => {
    if (auth.mode === 'basic')
      respond(response, 401, '<!DOCTYPE html><html><title>Airbyte - Access Denied</title></html>', {
        'content-type': 'text/html',
      })
    else respond(response, 401, undefined)
  }

  const token = (body: Record<string, unknown>, response: ServerResponse) => {
    if (auth.mode !== 'token') return respond(response, 404, '"Object not found."')
    if (body.client_id !== auth.clientId || body.client_secret !== auth.clientSecret)
      return respond(response, 400, {
        message: 'Bad Request',
        _embedded: { errors: [{ message: 'Invalid client id or token' }] },
      })
    const expiresAt = Date.now() + auth.lifeSeconds * 1000
    const claims = Buffer.from(JSON.stringify({ exp: expiresAt / 1000, jti: randomUUID() })).toString('base64url')
    const jwt = `e30.${claims}.signature`
    tokens.set(jwt, expiresAt)
    return respond(response, 200, { access_token: jwt })
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '').replace(/^\/api\/v1/, '')
    requests.push(path)
    let text = ''
    for await (const chunk of request) text += chunk
    const next = faults.get(path)?.shift()
    const fault = next === 'none' ? undefined : next
    const cut = () => {
      if (fault?.hang) return true
      if (fault?.cut) response.destroy()
      else if (fault)
        respond(response, fault.status ?? 500, fault.body ?? '', {
          'content-type': fault.contentType ?? 'application/json',
          ...fault.headers,
        })
      return fault !== undefined
    }
    if (fault && !fault.after) return void cut()
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    bodies.push({ path, body })
    if (path === '/applications/token') return void token(body, response)
    const isAnonymous = auth.mode === 'token' && ['/health', '/instance_configuration'].includes(path)
    if (!isAnonymous && !isAllowed(request)) return unauthorized(response)
    const operation = operations[path]
    if (!operation) return respond(response, 404, '"Object not found."')
    const isGet = path === '/health' || path === '/instance_configuration'
    if ((request.method === 'GET') !== isGet) violations.push(`${request.method} ${path}`)
    if (!isGet && !/^application\/json/.test(request.headers['content-type'] ?? ''))
      violations.push(`content type of ${path}`)
    for (const name of Object.keys(body))
      if (![...(operation.required ?? []), ...(operation.optional ?? [])].includes(name))
        violations.push(`${path} ${name}`)
    for (const name of operation.required ?? []) if (body[name] === undefined) violations.push(`${path} lacks ${name}`)
    try {
      const answer = await operation.run(body)
      if (!cut()) respond(response, answer === undefined ? 204 : 200, answer)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refuse(response, error)
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      violations.push(String(error))
      response.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`,
    requests,
    bodies,
    violations,
    state,
    addJob,
    fail: (path, ...some) => {
      faults.set(path, [...(faults.get(path) ?? []), ...some])
    },
    pass: (path, times) => {
      faults.set(path, [...(faults.get(path) ?? []), ...Array.from({ length: times }, () => 'none' as const)])
    },
    mend: (path) => void faults.delete(path),
    revokeTokens: () => tokens.clear(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
