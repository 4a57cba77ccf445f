import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Field } from '../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../lib/connectors/columns/column-builder.ts'
import type { Batch, ConfiguredStream, Destination, StreamWriter } from '../../lib/connectors/connector.ts'
import hostileNames from '../corpus/hostile-names.json' with { type: 'json' }
import { streamOf } from '../support/sync.ts'

/** What a destination's own test file brings: a real server, and a reader that is not the destination's own code. */
export interface DestinationFixture {
  readonly config: Readonly<Record<string, unknown>>
  readonly broken: readonly {
    readonly why: string
    readonly config: Readonly<Record<string, unknown>>
    readonly pointer: string
  }[]
  readonly secrets: readonly string[]
  /** The rows that a reader finds in a stream now, in any order and as text or numbers; metadata columns may be among them. */
  rows(stream: ConfiguredStream): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** What unfinished writes have left at the destination, such as unfinished uploads. */
  leftovers(): Promise<readonly string[]>
  stop(): Promise<void>
}

const idAndNote: readonly Field[] = [
  { name: 'id', type: { kind: 'int32' }, nullable: false },
  { name: 'note', type: { kind: 'text' }, nullable: true },
]

/** Rows `from`…`from + rows - 1`; every seventh note is NULL. */
export const batchOf = (from: number, rows: number, noteOf = (row: number) => `note ${row} `.repeat(20)): Batch => {
  const id = new ColumnBuilder(rows)
  const note = new ColumnBuilder(rows)
  for (let row = from; row < from + rows; row++) {
    id.appendInt32(row)
    if (row % 7 === 0) note.appendNull()
    else note.appendText(noteOf(row))
  }
  return { rows, sourceBytes: rows * 100, columns: [id.build(), note.build()] }
}

/** Behaviour every destination owes the engine. A connector's own test file calls this once, against a real server. */
export const describeDestination = <Config>(
  destination: Destination<Config>,
  start: () => Promise<DestinationFixture>,
) =>
  describe(`${destination.name} conforms`, () => {
    let fixture: DestinationFixture
    let jobId = 0

    beforeAll(async () => {
      fixture = await start()
    })

    afterAll(() => fixture?.stop())

    /** Runs `work` with a writer of a sync of its own. */
    const writing = async <T>(
      stream: ConfiguredStream,
      work: (writer: StreamWriter) => Promise<T>,
      abort = signal(),
      fields = idAndNote,
    ): Promise<T> => {
      await using open = await destination.open(destination.parseConfig(fixture.config), abort)
      const identity = {
        connectionId: 'connection',
        jobId: ++jobId,
        attempt: 0,
        startedAt: new Date(),
        generationId: jobId,
      }
      const target = { stream, namespace: stream.namespace, name: stream.name, fields, sync: identity }
      await using writer = await open.openStream(target, abort)
      return await work(writer)
    }

    const visible = async (stream: ConfiguredStream) =>
      (await fixture.rows(stream)).map(({ id }) => Number(id)).sort((a, b) => a - b)

    it('check finds nothing in a working configuration, and leaves nothing', async () => {
      expect(await destination.check(destination.parseConfig(fixture.config), signal())).toEqual([])
      expect(await fixture.leftovers()).toEqual([])
    })

    it('check names each fault by pointer, without secrets', async () => {
      for (const { why, config, pointer } of fixture.broken) {
        const faults = await destination.check(destination.parseConfig(config), signal())
        expect(
          faults.map((fault) => fault.pointer),
          why,
        ).toContain(pointer)
        for (const secret of fixture.secrets) expect(JSON.stringify(faults), why).not.toContain(secret)
      }
    })

    it('append adds to what is there', async () => {
      const stream = streamOf('appended')
      const first = await writing(stream, async (writer) => {
        await writer.write(batchOf(0, 100))
        return await writer.finish()
      })
      expect(first.rows).toBe(100)
      expect(first.bytes).toBeGreaterThan(0)
      await writing(stream, async (writer) => {
        await writer.write(batchOf(100, 50))
        await writer.finish()
      })
      expect(await visible(stream)).toEqual(range(0, 150))
    })

    it('append shows rows at a checkpoint, not before, and keeps them when the sync fails later', async () => {
      const stream = streamOf('checkpointed')
      await writing(stream, async (writer) => {
        await writer.write(batchOf(0, 10))
        expect(await visible(stream)).toEqual([])
        expect((await writer.checkpoint()).rows).toBe(10)
        expect(await visible(stream)).toEqual(range(0, 10))
        await writer.write(batchOf(10, 10))
      })
      expect(await visible(stream)).toEqual(range(0, 10))
      expect(await fixture.leftovers()).toEqual([])
    })

    it('overwrite replaces the old rows only when the new ones are complete', async () => {
      const stream = streamOf('overwritten', { destinationSyncMode: 'overwrite' })
      const write = (from: number, finish: boolean) =>
        writing(stream, async (writer) => {
          await writer.write(batchOf(from, 20))
          await writer.checkpoint()
          if (finish) await writer.finish()
        })
      await write(0, true)
      await write(100, false)
      expect(await visible(stream)).toEqual(range(0, 20))
      await write(200, true)
      expect(await visible(stream)).toEqual(range(200, 220))
    })

    it('overwrite by nothing leaves nothing, and no other stream is touched', async () => {
      const neighbour = streamOf('emptied_not', { destinationSyncMode: 'overwrite' })
      const stream = streamOf('emptied', { destinationSyncMode: 'overwrite' })
      for (const one of [neighbour, stream]) {
        await writing(one, async (writer) => {
          await writer.write(batchOf(0, 5))
          await writer.finish()
        })
      }
      await writing(stream, (writer) => writer.finish())
      expect(await visible(stream)).toEqual([])
      expect(await visible(neighbour)).toEqual(range(0, 5))
    })

    it('a large write that fails leaves nothing behind', async () => {
      const stream = streamOf('failed')
      const abort = new AbortController()
      const reason = new Error('cancelled by the user')
      const failing = writing(
        stream,
        async (writer) => {
          // Text that does not shrink, of more than one part of an upload.
          const note = () => randomBytes(90).toString('base64')
          for (let from = 0; from < 120_000; from += 8192) {
            await writer.write(batchOf(from, 8192, note))
            if (from > 100_000) abort.abort(reason)
          }
        },
        abort.signal,
      )
      await expect(failing).rejects.toBe(reason)
      expect(await visible(stream)).toEqual([])
      expect(await fixture.leftovers()).toEqual([])
    })

    it.each(hostileNames.filter(({ unknownTo }) => !unknownTo?.includes(destination.name)))(
      'a stream name with $why is a name like others',
      async ({ name }) => {
        const stream = streamOf(name, { destinationSyncMode: 'overwrite', namespace: name })
        for (const from of [0, 10]) {
          await writing(stream, async (writer) => {
            await writer.write(batchOf(from, 10))
            await writer.finish()
          })
          expect(await visible(stream)).toEqual(range(from, from + 10))
        }
      },
    )

    /** Writes columns of text, and answers the rows that are found without metadata; undefined is NULL. */
    const written = async (
      name: string,
      columns: Readonly<Record<string, readonly (string | undefined)[]>>,
      rows: number,
    ) => {
      const stream = streamOf(name)
      const fields = Object.keys(columns).map(
        (column): Field => ({ name: column, type: { kind: 'text' }, nullable: true }),
      )
      const built = Object.values(columns).map((values) => {
        const builder = new ColumnBuilder(rows)
        for (const value of values) value === undefined ? builder.appendNull() : builder.appendText(value)
        return builder.build()
      })
      await writing(
        stream,
        async (writer) => {
          if (rows > 0) await writer.write({ rows, sourceBytes: 1, columns: built })
          await writer.finish()
        },
        signal(),
        fields,
      )
      const found = await fixture.rows(stream)
      return found.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => !key.startsWith('_airbyte_'))))
    }

    it('columns of hostile names hold what was written to them', async () => {
      const names = hostileNames.map(({ name }) => name)
      const columns = Object.fromEntries(names.map((name) => [name, [`of ${name}`, undefined, '']]))
      expect(await written('hostile_columns', columns, 3)).toEqual(
        [0, 1, 2].map((row) => Object.fromEntries(names.map((name) => [name, columns[name]?.[row] ?? null]))),
      )
    })

    it('rows without columns, columns without rows, and 500 columns arrive', async () => {
      expect(await written('no_columns', {}, 3)).toEqual([{}, {}, {}])
      expect(await written('no_rows', { a: [] }, 0)).toEqual([])
      const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`c${index}`, [String(index)]]))
      const expected = Object.fromEntries(Object.entries(wide).map(([name, [value]]) => [name, value]))
      expect(await written('wide', wide, 1)).toEqual([expected])
    })
  })

const signal = (): AbortSignal => AbortSignal.timeout(30_000)
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)
