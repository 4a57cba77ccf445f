import { setTimeout as delay } from 'node:timers/promises'
import type { SeededRandom } from './random.ts'
import type { SourceServer, WriterSession } from './source-server.ts'

export interface Writer {
  /** One of the next statements inserts this many rows. */
  insertBulk(rows: number): void
  /** Resolves when nothing is written any more. Throws what a writer died of. */
  stop(): Promise<void>
}

/** One writer whose every statement is a transaction: rows become visible in the order of their cursor. */
export const singleWriter = (server: SourceServer, random: SeededRandom): Writer =>
  writing(server, async (session, rows) => {
    await session.insertEvents(rows ?? random.between(1, 20))
    await session.changeEvents()
    if (random.next() < 0.2) await session.changeItems(random.between(1, 500))
  })

/** Several writers whose transactions overlap, last up to `longestMs`, and partly roll back: rows become visible late. */
export const overlappingWriters = (server: SourceServer, random: SeededRandom, longestMs: number): Writer => {
  const inserters = [1, 2, 3].map(() =>
    writing(server, async (session, rows) => {
      await session.run('BEGIN')
      await session.insertEvents(rows ?? random.between(1, 50))
      await delay(random.between(0, longestMs))
      await session.insertEvents(random.between(1, 50))
      await session.run(random.next() < 0.1 ? 'ROLLBACK' : 'COMMIT')
    }),
  )
  // Updates that overlap could lock one another out for good: one writer makes them all.
  const updater = writing(server, async (session) => {
    await session.run('BEGIN')
    await session.changeEvents()
    await session.changeItems(random.between(1, 500))
    await delay(random.between(0, longestMs))
    await session.run('COMMIT')
  })
  return {
    insertBulk: (rows) => random.oneOf(inserters)?.insertBulk(rows),
    stop: async () => void (await Promise.all([...inserters, updater].map((writer) => writer.stop()))),
  }
}

const writing = (server: SourceServer, once: (session: WriterSession, rows?: number) => Promise<void>): Writer => {
  const bulks: number[] = []
  let isStopped = false
  const run = async () => {
    const session = await server.session()
    while (!isStopped) {
      await once(session, bulks.shift())
      await delay(30)
    }
    await session.end()
  }
  const ended = run()
  // Told to whoever stops the writer.
  ended.catch(() => undefined)
  return {
    insertBulk: (rows) => void bulks.push(rows),
    async stop() {
      isStopped = true
      await ended
    },
  }
}
