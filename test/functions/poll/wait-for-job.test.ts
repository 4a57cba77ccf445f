import validate from 'asl-validator'
import { describe, expect, it } from 'vitest'
import { syncFinished } from '../../../lib/ingestion/waiting/sync-finished.ts'
import { runWaitMachine, waitMachineDefinition, waitMachineText } from '../../support/wait-machine.ts'

const input = { jobId: 7, connectionId: 'c', startedAt: '2025-01-01T00:00:00Z', polls: 0 }

/** Runs the machine with the poll function's answers in order; the last one repeats. */
const run = async (answers: readonly (object | Error)[], publish: () => unknown = () => ({ FailedEntryCount: 0 })) => {
  const polled: unknown[] = []
  const published: unknown[] = []
  const done = await runWaitMachine(input, {
    poll: (state) => {
      const answer = answers[Math.min(polled.push(state), answers.length) - 1]
      if (answer instanceof Error) throw answer
      return answer
    },
    publish: (entries) => {
      published.push(entries)
      return publish()
    },
  })
  return { ...done, polled, published }
}

const waiting = { ...input, next: 'wait', waitSeconds: 5 }
const succeeded = { ...input, next: 'succeed', outcome: 'SUCCEEDED', event: { jobId: 7 } }
const failed = { ...input, next: 'fail', outcome: 'FAILED', event: { jobId: 7 }, error: 'FAILED', cause: 'why' }

describe('wait-for-job', () => {
  it('is valid ASL', () => {
    const { isValid, errorsText } = validate(waitMachineDefinition())
    expect(isValid, errorsText()).toBe(true)
  })

  it('speaks JSONPath only and holds no null: the interpreter ignores JSONata, packaging drops nulls', () => {
    expect(waitMachineText).not.toMatch(/QueryLanguage|\{%|"Assign"/)
    expect(waitMachineText).not.toMatch(/\bnull\b/)
  })

  it('polls with the state that the last poll returned, until told otherwise', async () => {
    const { states, polled, output } = await run([waiting, { ...waiting, polls: 2 }, succeeded])
    expect(polled).toEqual([input, waiting, { ...waiting, polls: 2 }])
    expect(states).toEqual([
      ...['Poll', 'Go on?', 'Wait'],
      ...['Poll', 'Go on?', 'Wait'],
      ...['Poll', 'Go on?', 'Publish', 'Succeeded?', 'Succeeded'],
    ])
    expect(output).toMatchObject(succeeded)
  })

  it('publishes the event before it ends, also when the sync failed', async () => {
    const { published, error } = await run([failed])
    expect(published).toEqual([
      {
        Entries: [
          {
            Source: 'airbyte.ingestion',
            DetailType: 'Sync Finished',
            Detail: { jobId: 7 },
            EventBusName: 'default',
          },
        ],
      },
    ])
    expect(error).toMatchObject({ name: 'FAILED', message: 'why' })
  })

  it('asks again after a poll function that failed', async () => {
    const { polled, output } = await run([new Error('throttled'), new Error('throttled'), succeeded])
    expect(polled).toEqual([input, input, input])
    expect(output).toMatchObject(succeeded)
  })

  it('a poll function that always fails ends as lost, and that is published', async () => {
    const { polled, error, published, states } = await run([new RangeError('broken')])
    expect(polled).toHaveLength(11)
    expect(error).toMatchObject({ name: 'LOST', message: expect.stringContaining('(RangeError)') })
    expect(states.slice(-4)).toEqual(['Cannot poll', 'Publish', 'Succeeded?', 'Failed'])
    const [{ Entries: entries }] = published as [{ Entries: { Detail: unknown }[] }]
    expect(syncFinished.parse(entries[0]?.Detail)).toMatchObject({ jobId: 7, connectionId: 'c', outcome: 'LOST' })
  })

  it.each([
    ['succeeded', undefined],
    ['failed', 'FAILED'],
  ])('a bus that refuses the event does not change the end of a sync that %s', async (word, name) => {
    const { error } = await run([word === 'succeeded' ? succeeded : failed], () => {
      throw new Error('no such bus')
    })
    expect(error?.name).toBe(name)
  })
})
