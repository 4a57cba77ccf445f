import { describe, expect, it } from 'vitest'
import type { Batch, ConfiguredStream, ValueChange } from '../../../../lib/connectors/connector.ts'
import { originOf, rootOf } from '../../../../lib/engine/sync/blame.ts'
import { emptyStatistics, runSync } from '../../../../lib/engine/sync/pump.ts'
import { IngestionError } from '../../../../lib/errors.ts'
import { batchOf, playing, recording } from '../memory-connectors.ts'

const stream = (changes: Partial<ConfiguredStream> = {}): ConfiguredStream => ({
  name: 'orders',
  namespace: 'public',
  syncMode: 'incremental',
  destinationSyncMode: 'append',
  cursorField: ['updated_at'],
  primaryKey: [],
  ...changes,
})

const run = async (
  batches: (stream: ConfiguredStream, signal: AbortSignal) => AsyncIterable<Batch>,
  {
    streams = [stream()],
    failAt,
    signal = new AbortController().signal,
    everyRows = 1_000_000,
  }: {
    streams?: ConfiguredStream[]
    failAt?: { call: string; error: Error }
    signal?: AbortSignal
    everyRows?: number
  } = {},
) => {
  const recorder = recording(failAt)
  const planned = streams.map((configured) => ({
    stream: configured,
    target: { name: `raw_${configured.name}`, namespace: 'lake' },
    generationId: 3,
  }))
  const statistics = planned.map(emptyStatistics)
  const states: unknown[] = []
  const error = await runSync({
    source: playing(batches),
    destination: recorder.destination,
    streams: planned,
    identity: { connectionId: 'c', jobId: 1, attempt: 0, startedAt: new Date(0) },
    statistics,
    report: {
      state: (_, state) => {
        states.push(state)
        recorder.calls.push(`state ${JSON.stringify(state)}`)
      },
      complete: () => void recorder.calls.push('complete'),
      log: () => undefined,
    },
    signal,
    checkpoints: { everyRows, everyMs: 60_000 },
  }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { ...recorder, statistics, states, error }
}

async function* of(...batches: Batch[]) {
  yield* batches
}

describe('a sync', () => {
  it('writes every batch, finishes the stream, then tells the last state', async () => {
    const { calls, statistics, targets } = await run(() => of(batchOf(2), batchOf(3, { at: 5 })))
    expect(calls).toEqual(['open raw_orders', 'write 2', 'write 3', 'finish', 'state {"at":5}', 'dispose'])
    expect(statistics).toEqual([
      {
        name: 'orders',
        namespace: 'public',
        recordsEmitted: 5,
        bytesEmitted: 50,
        recordsCommitted: 5,
        bytesCommitted: 50,
        statesEmitted: 1,
        complete: true,
      },
    ])
    expect(targets[0]).toMatchObject({ namespace: 'lake', name: 'raw_orders', sync: { generationId: 3, jobId: 1 } })
  })

  it('commits in mid-stream once enough rows are written, and tells only the state that they cover', async () => {
    const batches = () => of(batchOf(2, { at: 2 }), batchOf(2, { at: 4 }), batchOf(1, { at: 5 }))
    const { calls } = await run(batches, { everyRows: 4 })
    expect(calls).toEqual([
      'open raw_orders',
      'write 2',
      'write 2',
      'checkpoint',
      'state {"at":4}',
      'write 1',
      'finish',
      'state {"at":5}',
      'dispose',
    ])
  })

  it('does not commit an overwrite in parts', async () => {
    const { calls } = await run(() => of(batchOf(2, { at: 2 }), batchOf(2, { at: 4 })), {
      everyRows: 1,
      streams: [stream({ destinationSyncMode: 'overwrite' })],
    })
    expect(calls).not.toContain('checkpoint')
  })

  it('tells no state of a full refresh, but at once that it is committed', async () => {
    const { states, calls } = await run(() => of(batchOf(2, { at: 2 })), {
      streams: [stream({ syncMode: 'full_refresh' })],
    })
    expect(states).toEqual([])
    expect(calls).toEqual(['open raw_orders', 'write 2', 'finish', 'complete', 'dispose'])
  })

  it.each(['checkpoint', 'finish'])('tells no state when the destination fails in %s', async (call) => {
    const { states, error, calls, statistics } = await run(() => of(batchOf(2, { at: 2 }), batchOf(2, { at: 4 })), {
      everyRows: call === 'checkpoint' ? 2 : 100,
      failAt: { call, error: new IngestionError('connector_transient', 'The bucket is gone.') },
    })
    expect(states).toEqual([])
    expect(error).toMatchObject({ code: 'connector_transient', message: 'The bucket is gone.' })
    expect(originOf(error)).toBe('destination')
    expect(calls.at(-1)).toBe('dispose')
    expect(statistics[0]).toMatchObject({ recordsCommitted: 0, complete: false })
  })

  it('ends a read that waits when the write beside it fails', async () => {
    let isFreed = false
    const { error } = await run(
      async function* (_, signal) {
        try {
          yield batchOf(1)
          yield batchOf(2)
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        } finally {
          isFreed = true
        }
      },
      { failAt: { call: 'write 2', error: new Error('disk full') } },
    )
    expect(originOf(error)).toBe('destination')
    expect(isFreed).toBe(true)
  })

  it('blames the source for what the source throws, and disposes the writer unfinished', async () => {
    const { error, calls } = await run(async function* () {
      yield batchOf(1)
      throw new IngestionError('connector_config', 'The table is gone.')
    })
    expect(originOf(error)).toBe('source')
    expect(error).toMatchObject({ code: 'connector_config' })
    expect(calls).toEqual(['open raw_orders', 'write 1', 'dispose'])
  })

  it('reads at most one batch ahead of the writes, however slow they are', async () => {
    let read = 0
    let written = 0
    let mostAhead = 0
    const slow = recording()
    const open = slow.destination.openStream
    const statistics = [emptyStatistics({ stream: stream(), target: { name: 'o' }, generationId: 0 })]
    await runSync({
      source: playing(async function* () {
        while (read < 20) {
          read += 1
          mostAhead = Math.max(mostAhead, read - written)
          yield batchOf(1)
        }
      }),
      destination: {
        ...slow.destination,
        openStream: async (...target) => ({
          ...(await open(...target)),
          write: async () => {
            for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
            written += 1
            return []
          },
        }),
      },
      streams: [{ stream: stream(), target: { name: 'o' }, generationId: 0 }],
      identity: { connectionId: 'c', jobId: 1, attempt: 0, startedAt: new Date(0) },
      statistics,
      report: { state: () => undefined, complete: () => undefined, log: () => undefined },
      signal: new AbortController().signal,
    })
    expect(written).toBe(20)
    // One being written, one being read.
    expect(mostAhead).toBe(2)
  })

  it('counts what either side leaves out, with an example of each', async () => {
    const change = (value: string, reason: ValueChange['reason']): ValueChange => ({
      ...{ row: 0, field: 'note', change: 'NULLED' },
      ...{ reason, value },
    })
    const bySource = change('infinity', 'SOURCE_SERIALIZATION_ERROR')
    const byDestination = change('a\\0b', 'DESTINATION_SERIALIZATION_ERROR')
    const { destination } = recording()
    const planned = { stream: stream(), target: { name: 'o' }, generationId: 0 }
    const statistics = [emptyStatistics(planned)]
    await runSync({
      source: playing(() => of({ ...batchOf(1), changes: [bySource] }, batchOf(1), batchOf(1))),
      destination: {
        ...destination,
        openStream: async (...target) => ({
          ...(await destination.openStream(...target)),
          write: async () => [byDestination],
        }),
      },
      streams: [planned],
      identity: { connectionId: 'c', jobId: 1, attempt: 0, startedAt: new Date(0) },
      statistics,
      report: { state: () => undefined, complete: () => undefined, log: () => undefined },
      signal: new AbortController().signal,
    })
    expect(statistics[0]?.leftOut).toEqual([
      { field: 'note', reason: 'SOURCE_SERIALIZATION_ERROR', values: 1, example: 'infinity' },
      { field: 'note', reason: 'DESTINATION_SERIALIZATION_ERROR', values: 3, example: 'a\\0b' },
    ])
  })

  it('stops between batches when it is cancelled', async () => {
    const cancel = new AbortController()
    const { error, calls } = await run(
      async function* () {
        yield batchOf(1)
        cancel.abort(new Error('cancelled'))
        yield batchOf(2)
      },
      { signal: cancel.signal },
    )
    expect(error).toMatchObject({ message: 'cancelled' })
    expect(calls).not.toContain('write 2')
    expect(calls).not.toContain('finish')
  })
})

describe('what went wrong first', () => {
  it('is found behind the disposals that failed after it', () => {
    const first = new Error('the database vanished')
    const disposal = () => new Error('cannot be closed')
    expect(rootOf(new SuppressedError(disposal(), new SuppressedError(disposal(), first)))).toBe(first)
  })
})
