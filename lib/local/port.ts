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

/** A free port that no other call in this process was given lately. */
export const anyPort = (): Promise<number> => getPort({ host: '127.0.0.1' })

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
