import { type IncomingMessage, Server, type ServerResponse } from 'node:http'
import { foreignCaller } from '../loopback.ts'

type Emit = (this: Server, event: string | symbol, ...args: unknown[]) => boolean

// Loaded before serverless-offline, which has no place for it: every HTTP server of the process refuses foreign callers.
const emit = Server.prototype.emit as Emit
const guarded: Emit = function (event, ...args) {
  if (event !== 'request') return emit.call(this, event, ...args)
  const [request, response] = args as [IncomingMessage, ServerResponse]
  const reason = foreignCaller(request.headers)
  if (reason === undefined) return emit.call(this, event, ...args)
  response.writeHead(403, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify({ message: reason }))
  return true
}
Server.prototype.emit = guarded as Server['emit']
