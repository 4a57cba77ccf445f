import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { IngestionError } from '../errors.ts'

/** Below the ports that systems give to outgoing connections, which might take one before its server listens. */
const range = { from: 10_000, to: 16_000 }
const mostTries = 200

/** The port if it is free on 127.0.0.1, any free one for 0; else says which port and which flag changes it. */
export const freePort = async (port: number, flag: string): Promise<number> => {
  if (port === 0) return anyPort()
  if (await isFree(port)) return port
  throw new IngestionError('conflict', `Port ${port} is in use. Choose another with ${flag} PORT (0 = any free one).`)
}

/** A free port for a server that may start to listen later: no other call is given it while this process lives, in no process. */
export const anyPort = async (): Promise<number> => {
  for (let tries = 0; tries < mostTries; tries++) {
    const port = randomInt(range.from, range.to)
    if ((await reserve(port)) && (await isFree(port))) return port
  }
  throw new IngestionError('conflict', `No free port was found from ${range.from} to ${range.to} on 127.0.0.1.`)
}

/** Marks the port as given away, by a UDP socket of its number: servers here speak TCP. False when it is marked already. */
export const reserve = async (port: number): Promise<boolean> => {
  const mark = createSocket('udp4')
  try {
    mark.bind({ address: '127.0.0.1', port, exclusive: true })
    await once(mark, 'listening')
    mark.unref()
    return true
  } catch {
    mark.close()
    return false
  }
}

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
