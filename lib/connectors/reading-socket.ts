import { Socket } from 'node:net'

/** Event with bytes that are valid during the call only; while nobody listens to it, they come as `data`, for keeps. */
export const reusedChunk = 'reusedChunk'

const bufferBytes = 256 << 10

/**
 * A socket that reads into one buffer, again and again: a new one for each chunk costs a fifth of the processor time of
 * a long read, most of it in the garbage collector.
 */
export const readingSocket = (): Socket => {
  const socket = new Socket({
    onread: {
      buffer: Buffer.allocUnsafeSlow(bufferBytes),
      callback(length, buffer) {
        const chunk = (buffer as Buffer).subarray(0, length)
        if (socket.listenerCount(reusedChunk) > 0) socket.emit(reusedChunk, chunk)
        else socket.emit('data', Buffer.from(chunk))
        return true
      },
    },
  })
  return socket
}
