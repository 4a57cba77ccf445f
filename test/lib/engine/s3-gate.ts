import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a store answers that does not do what it is asked. */
const refusals = {
  fail: { status: 500, code: 'InternalError' },
  forbid: { status: 403, code: 'InvalidAccessKeyId' },
  vanish: { status: 404, code: 'NoSuchBucket' },
}
export type GateMode = 'pass' | 'hang' | keyof typeof refusals

/** A way to an object store that can be told to refuse whatever writes, or to answer nothing at all. */
export const s3Gate = async (endpoint: string) => {
  let mode: GateMode = 'pass'
  const { hostname, port } = new URL(endpoint)
  const server = createServer((incoming, outgoing) => {
    if (mode !== 'pass' && incoming.method !== 'GET') {
      incoming.resume()
      if (mode === 'hang') return
      const { status, code } = refusals[mode]
      incoming.on('end', () =>
        outgoing
          .writeHead(status, { 'content-type': 'application/xml' })
          .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`),
      )
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
