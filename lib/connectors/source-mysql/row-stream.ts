import type { Connection } from 'mysql2'

/** One row: the bytes of its cells as MySQL's text protocol writes them. */
export type Row = readonly (Buffer | null)[]

export interface RowChunk {
  readonly rows: readonly Row[]
  readonly bytes: number
}

export const maxChunkRows = 1_024
const maxChunkBytes = 2 << 20
/** Chunks that wait for a slow destination before the server is held up. */
const maxWaiting = 3

/**
 * The rows of `sql`, some at a time; holds at most a few chunks. Ended early or aborted, the connection is of no more use:
 * the caller kills it. Throws the driver's errors.
 */
export async function* streamRows(connection: Connection, sql: string, signal: AbortSignal): AsyncGenerator<RowChunk> {
  signal.throwIfAborted()
  const waiting: RowChunk[] = []
  let rows: Row[] = []
  let bytes = 0
  let end: { error?: unknown } | undefined
  let wake = () => {}

  const hand = () => {
    waiting.push({ rows, bytes })
    rows = []
    bytes = 0
    wake()
  }
  const finish = (outcome: { error?: unknown }) => {
    end ??= outcome
    if (rows.length > 0) hand()
    wake()
  }
  const abort = () => finish({ error: signal.reason })
  signal.addEventListener('abort', abort, { once: true })

  // Without type casts a cell is a slice of the received packet: no string is made that a column would turn back to bytes.
  const query = connection.query({ sql, rowsAsArray: true, typeCast: false })
  query.on('result', (result) => {
    const row = result as unknown as Row
    for (const cell of row) bytes += cell === null ? 1 : cell.length + 1
    rows.push(row)
    if (rows.length < maxChunkRows && bytes < maxChunkBytes) return
    hand()
    if (waiting.length >= maxWaiting) connection.pause()
  })
  query.on('error', (error) => finish({ error }))
  query.on('end', () => finish({}))

  try {
    while (true) {
      signal.throwIfAborted()
      const chunk = waiting.shift()
      if (chunk) {
        if (waiting.length < maxWaiting && !end) connection.resume()
        yield chunk
      } else if (end) {
        if ('error' in end) throw end.error
        return
      } else {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await promise
      }
    }
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
