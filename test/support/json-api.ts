import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request and the body that came with it. */
export type ApiRequest = IncomingMessage & { body?: string }

export type Reply = (query: URLSearchParams, request: ApiRequest, response: ServerResponse) => unknown

/** An API on a free port of 127.0.0.1: what `reply` returns is the JSON text or value of the answer, undefined = it answers itself. */
export const startApi = async (reply: Reply) => {
  const requests: ApiRequest[] = []
  const server = createServer(async (request: ApiRequest, response) => {
    requests.push(request)
    const url = new URL(request.url ?? '/', 'http://api')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    request.body = Buffer.concat(chunks).toString()
    const json = reply(url.searchParams, request, response)
    if (response.writableEnded || json === undefined) return
    if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json')
    response.end(typeof json === 'string' || Buffer.isBuffer(json) ? json : JSON.stringify(json))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    requests,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
