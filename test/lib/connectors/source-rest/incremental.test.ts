import { describe, expect, it } from 'vitest'
import type { StreamState } from '../../../../lib/connectors/connector.ts'
import { idsOf, RestApi } from './rest-api.ts'

const rest = new RestApi()

describe('incrementally', () => {
  const incremental = { cursor_field: 'at', query_parameter: 'since' }
  const wanted = { syncMode: 'incremental', cursorField: ['at'] } as const
  const readFrom = (more: object, state?: StreamState) =>
    rest.read({ incremental: { ...incremental, ...more } }, wanted, state)
  const since = () => new URL(rest.requests.at(-1)?.url ?? '', rest.origin).searchParams.get('since')

  it('records in any order, older ones left out, ties found', async () => {
    rest.reply = () => [
      { id: 1, at: '2024-01-02T00:00:00Z' },
      { id: 2, at: '2024-01-01T00:00:00Z' },
      { id: 3, at: null },
    ]
    const one = await readFrom({})
    expect(idsOf(one)).toEqual([1, 2, 3])
    rest.reply = () => [
      { id: 4, at: '2024-01-02T00:00:00Z' },
      { id: 5, at: '2023-01-01T00:00:00Z' },
      { id: 6, at: '2024-01-01T23:00:01-01:00' },
      { id: 1, at: '2024-01-02T00:00:00Z' },
      { id: 3, at: null },
    ]
    const two = await readFrom({}, one.states.at(-1))
    expect(since()).toBe('2024-01-02T00:00:00Z')
    expect(idsOf(two)).toEqual([4, 6])
    expect(two.states.at(-1)).toMatchObject({ cursor: '2024-01-01T23:00:01-01:00' })
  })

  it('late records within the lookback, which are sent again', async () => {
    rest.reply = () => [
      { id: 1, at: '2024-01-02T00:00:00Z' },
      { id: 2, at: '2024-01-01T23:59:00Z' },
    ]
    const one = await readFrom({ lookback_window_seconds: 60 })
    rest.reply = () => [
      { id: 1, at: '2024-01-02T00:00:00Z' },
      { id: 2, at: '2024-01-01T23:59:00Z' },
      { id: 3, at: '2024-01-01T23:58:59Z' },
      { id: 4, at: '2024-01-01T23:59:30Z' },
    ]
    const two = await readFrom({ lookback_window_seconds: 60 }, one.states.at(-1))
    expect(since()).toBe('2024-01-01T23:59:00Z')
    expect(idsOf(two)).toEqual([1, 2, 4])
    expect(two.states.at(-1)).toEqual(one.states.at(-1))
  })

  it('with a parameter in another form than the cursor', async () => {
    rest.reply = () => [{ id: 1, at: '2024-01-02T00:00:00.5Z' }]
    const one = await readFrom({ parameter_format: 'unix_seconds' })
    const two = await readFrom({ parameter_format: 'unix_seconds' }, one.states.at(-1))
    expect(since()).toBe('1704153600')
    expect(two.rows).toEqual([])
  })

  it('an empty first sync, then a first record, then an answer without the list', async () => {
    rest.reply = () => ({ items: [] })
    const readNext = (state?: StreamState) => rest.read({ records_path: 'items', incremental }, wanted, state)
    const one = await readNext()
    expect(one.states).toHaveLength(1)
    rest.reply = () => ({ items: [{ id: 1, at: 5 }] })
    const two = await readNext(one.states.at(-1))
    expect(idsOf(two)).toEqual([1])
    rest.reply = () => ({ kind: 'list' })
    expect((await readNext(two.states.at(-1))).states.at(-1)).toEqual(two.states.at(-1))
  })

  it('the cursor though it is not among the wanted fields', async () => {
    rest.reply = () => [{ id: 1, at: 7 }]
    const { rows, states } = await rest.read({ incremental }, { ...wanted, fields: ['id'] })
    expect(rows).toEqual([{ id: 1n }])
    expect(states.at(-1)).toMatchObject({ cursor: '7' })
  })
})
