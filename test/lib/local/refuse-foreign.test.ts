import '../../../lib/local/refuse-foreign.ts'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'

let server: Server
beforeAll(async () => {
  server = createServer((_request, response) => response.end('in')).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

const statusWith = (headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo
    request({ host: '127.0.0.1', port, headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })

it.each([
  [{}, 200],
  [{ host: 'localhost:3000', origin: 'http://127.0.0.1:3000' }, 200],
  [{ host: 'rebound.example:3000' }, 403],
  [{ origin: 'https://page.example' }, 403],
])('a request with %j is answered %i', async (headers, status) =>
  expect(await statusWith(headers as Record<string, string>)).toBe(status),
)
