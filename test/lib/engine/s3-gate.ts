import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type GateMode = 'pass' | 'fail' | 'hang'

/** A way to an object store that can be told to answer 500 itself, or nothing at all, to whatever writes. */
export const s3Gate = async (endpoint: string) => {
  let mode: GateMode = 'pass'
  const { hostname, port } = new URL(endpoint)
  const server = createServer((incoming, outgoing) => {
    if (mode !== 'pass' && incoming.method !== 'GET') {
      incoming.resume()
      if (mode === 'fail') incoming.on('end', () => outgoing.writeHead(500).end())
      return
    }
    const { method, url: path, headers } = incoming
    const forward = ask({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forward.on('error', () => outgoing.destroy())
    incoming.pipe(forward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    become: (next: GateMode) => {
      mode = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
