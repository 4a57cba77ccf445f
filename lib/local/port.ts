import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import getPort from 'get-port'
import { IngestionError } from '../errors.ts'

/** The port if it is free on 127.0.0.1, any free one for 0; else says which port and which flag changes it. */
export const freePort = async (port: number, flag: string): Promise<number> => {
  if (port === 0) return anyPort()
  if (await isFree(port)) return port
  throw new IngestionError('conflict', `Port ${port} is in use. Choose another with ${flag} PORT (0 = any free one).`)
}

/**
 * A free port that no other call in this process was given lately. Below the ports that systems give to outgoing
 * connections, one of which might take it before its server, which may start seconds later, listens on it.
 */
export const anyPort = (): Promise<number> =>
  getPort({ host: '127.0.0.1', port: Array.from({ length: 50 }, () => randomInt(15_000, 30_000)) })

export const isFree = async (port: number): Promise<boolean> => {
  const server = createServer()
  try {
    server.listen({ host: '127.0.0.1', port, exclusive: true })
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
