import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Value } from '../../lib/connectors/columns/column-reader.ts'
import type { ConfiguredStream, Source, StreamState } from '../../lib/connectors/connector.ts'
import hostileNames from '../corpus/hostile-names.json' with { type: 'json' }
import { readStream } from '../support/sync.ts'

/** A stream and the configuration that it is read with. */
interface Offered {
  readonly stream: ConfiguredStream
  readonly config: Readonly<Record<string, unknown>>
}

/** A table that is not like most, and what must be found in it. */
export interface Shape extends Offered {
  readonly why: string
  readonly columns: number
  readonly rows: number
  readonly primaryKey: readonly string[]
  /** One of the rows. */
  readonly row?: Readonly<Record<string, Value>>
}

/** What a source's own test file brings: a real server and what it holds. */
export interface SourceFixture {
  readonly config: Readonly<Record<string, unknown>>
  /** Configurations that cannot work, each with where the fault must point. */
  readonly broken: readonly {
    readonly why: string
    readonly config: Readonly<Record<string, unknown>>
    readonly pointer: string
  }[]
  /** Secrets of all configurations: they must not stand in any fault. */
  readonly secrets: readonly string[]
  /** More rows than two batches hold, with the key `id`. */
  readonly stream: ConfiguredStream
  readonly rowCount: number
  /** The same incrementally. */
  readonly incremental: ConfiguredStream
  /** Adds one row at the largest cursor value there is (a tie), and one above it; returns their ids. */
  addRows(): Promise<readonly Value[]>
  /** Adds one row with NULL in the cursor of `incremental`. */
  addRowWithoutCursor(): Promise<void>
  /**
   * Makes a stream of that name, in a namespace of that name where the source has namespaces, with the key `id`, a column of
   * that name too, and the rows (1, 'one') and (2, NULL).
   */
  named(name: string): Promise<Offered>
  readonly shapes: readonly Shape[]
  /** What looks like a stream and must not be one. */
  readonly hidden: readonly string[]
  stop(): Promise<void>
}

/** Behaviour every source owes the engine. A connector's own test file calls this once, against a real server. */
export const describeSource = <Config>(source: Source<Config>, start: () => Promise<SourceFixture>) =>
  describe(`${source.name} conforms`, () => {
    let fixture: SourceFixture

    beforeAll(async () => {
      fixture = await start()
    })

    afterAll(() => fixture?.stop())

    it('check finds nothing in a working configuration', async () => {
      expect(await source.check(source.parseConfig(fixture.config), signal())).toEqual([])
    })

    it('check names each fault by pointer, with the value and without secrets', async () => {
      for (const { why, config, pointer } of fixture.broken) {
        const faults = await source.check(source.parseConfig(config), signal())
        expect(
          faults.map((fault) => fault.pointer),
          why,
        ).toContain(pointer)
        for (const secret of fixture.secrets) expect(JSON.stringify(faults), why).not.toContain(secret)
      }
    })

    it('an empty configuration names every required field', () => {
      const required = source.connectionSpecification.required as readonly string[]
      const faults = (() => {
        try {
          source.parseConfig({})
          return []
        } catch (error) {
          return (error as { errors: readonly { pointer: string }[] }).errors
        }
      })()
      const optional = Object.entries(
        source.connectionSpecification.properties as Record<string, { default?: unknown }>,
      )
        .filter(([, property]) => property.default !== undefined)
        .map(([name]) => name)
      const expected = required.filter((name) => !optional.includes(name)).map((name) => `/${name}`)
      expect(faults.map((fault) => fault.pointer)).toEqual(expect.arrayContaining(expected))
    })

    it('discover lists the stream with all its columns', async () => {
      const streams = await source.discover(source.parseConfig(fixture.config), signal())
      const found = streams.find(
        ({ name, namespace }) => name === fixture.stream.name && namespace === fixture.stream.namespace,
      )
      const { fields } = await readStream(source, fixture.config, fixture.stream)
      const { properties = {} } = (found?.jsonSchema ?? {}) as { properties?: object }
      expect(Object.keys(properties).sort()).toEqual(fields.map((field) => field.name).sort())
    })

    it('a full refresh brings every row once, and no state', async () => {
      const read = await readStream(source, fixture.config, fixture.stream)
      expect(new Set(ids(read.rows)).size).toBe(fixture.rowCount)
      expect(read.rows).toHaveLength(fixture.rowCount)
      expect(read.states).toEqual([])
    })

    it('only the wanted columns are read', async () => {
      const { fields } = await readStream(source, fixture.config, { ...fixture.stream, fields: ['id'] })
      expect(fields.map((field) => field.name)).toEqual(['id'])
    })

    it('an incremental read resumed after any batch misses no row', async () => {
      const read = await readStream(source, fixture.config, fixture.incremental)
      expect(read.states.length).toBeGreaterThan(0)
      let seen = 0
      for (const batch of read.batches.keys()) {
        seen += read.batches[batch]?.rows ?? 0
        const state = read.batchStates[batch]
        if (!state) continue
        const after = await readStream(source, fixture.config, fixture.incremental, throughJson(state))
        const together = new Set([...ids(read.rows.slice(0, seen)), ...ids(after.rows)])
        expect(together.size).toBe(fixture.rowCount)
      }
    })

    it('a second read without changes brings nothing, ties and rows above the cursor are found, each once', async () => {
      const first = await readStream(source, fixture.config, fixture.incremental)
      const state = throughJson(first.states.at(-1))
      const second = await readStream(source, fixture.config, fixture.incremental, state)
      expect(second.rows).toEqual([])
      expect(second.states.at(-1)).toEqual(state)
      const added = await fixture.addRows()
      const third = await readStream(source, fixture.config, fixture.incremental, throughJson(second.states.at(-1)))
      expect(ids(third.rows).sort()).toEqual([...added].sort())
      const fourth = await readStream(source, fixture.config, fixture.incremental, throughJson(third.states.at(-1)))
      expect(fourth.rows).toEqual([])
    })

    it('an abort ends the read at once, with the reason of the signal', async () => {
      const abort = new AbortController()
      await using open = await source.open(source.parseConfig(fixture.config), signal())
      const { batches } = await open.read(fixture.stream, undefined, abort.signal)
      const reason = new Error('cancelled by the user')
      let read = 0
      const reading = (async () => {
        for await (const _ of batches) {
          read++
          abort.abort(reason)
        }
      })()
      await expect(reading).rejects.toBe(reason)
      expect(read).toBe(1)
    })

    it('warns of rows without a cursor, by stream and column, and not where there are none', async () => {
      const ask = () => source.warnings?.(source.parseConfig(fixture.config), [fixture.incremental], signal())
      expect(await ask()).toEqual([])
      await fixture.addRowWithoutCursor()
      const { name, cursorField } = fixture.incremental
      expect(await ask()).toEqual([
        expect.stringMatching(`stream .*${name}: .*row has .* in the cursor ${cursorField}`),
      ])
    })

    const discovered = async ({ config, stream }: Offered) => {
      const streams = await source.discover(source.parseConfig(config), signal())
      return streams.find(({ name, namespace }) => name === stream.name && namespace === stream.namespace)
    }
    const columnsOf = (stream: { jsonSchema: object } | undefined) =>
      Object.keys((stream?.jsonSchema as { properties?: object })?.properties ?? {})

    it.each(hostileNames.filter(({ unknownTo }) => !unknownTo?.includes(source.name)))(
      'a name with $why is a name like others',
      async ({ name }) => {
        const offered = await fixture.named(name)
        const found = await discovered(offered)
        expect(found).toMatchObject({ name, sourceDefinedPrimaryKey: [['id']] })
        expect(columnsOf(found).sort()).toEqual(['id', name].sort())
        const incremental: ConfiguredStream = { ...offered.stream, syncMode: 'incremental', cursorField: [name] }
        const read = await readStream(source, offered.config, incremental)
        const values = Map.groupBy(read.rows, (row) => Number(row.id))
        expect(
          [1, 2].map((id) => values.get(id)?.map((row) => Object.entries(row).find(([key]) => key === name)?.[1])),
        ).toEqual([['one'], [null]])
        expect(read.states.at(-1)).toMatchObject({ cursorField: name, cursor: 'one' })
      },
    )

    it('tables of every shape are found and read whole', async () => {
      for (const shape of fixture.shapes) {
        const found = await discovered(shape)
        expect(columnsOf(found), shape.why).toHaveLength(shape.columns)
        expect(found?.sourceDefinedPrimaryKey, shape.why).toEqual(shape.primaryKey.map((name) => [name]))
        const { fields, rows } = await readStream(source, shape.config, shape.stream)
        expect([fields.length, rows.length], shape.why).toEqual([shape.columns, shape.rows])
        if (shape.row) expect(rows, shape.why).toContainEqual(shape.row)
      }
    })

    it('what is no table is no stream', async () => {
      for (const config of [fixture.config, fixture.shapes[0]?.config]) {
        const streams = await source.discover(source.parseConfig(config), signal())
        expect(streams.map(({ name }) => name).filter((name) => fixture.hidden.includes(name))).toEqual([])
      }
    })

    it("a stream that does not exist is the configuration's fault", async () => {
      const reading = readStream(source, fixture.config, { ...fixture.stream, name: 'no such stream' })
      await expect(reading).rejects.toMatchObject({ code: 'connector_config' })
    })
  })

const signal = (): AbortSignal => AbortSignal.timeout(30_000)
const ids = (rows: readonly Record<string, Value>[]): Value[] => rows.map((row) => row.id ?? null)
const throughJson = (state: StreamState | undefined): StreamState => JSON.parse(JSON.stringify(state))
