import { readFileSync } from 'node:fs'
import validate from 'asl-validator'
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions'
import { describe, expect, it } from 'vitest'

const text = readFileSync(new URL('../../../functions/poll/wait-for-job.asl.json', import.meta.url), 'utf8')
const definition = (): StateMachineDefinition =>
  JSON.parse(
    text
      .replace(/\$\{PollFunctionArn\}/g, 'arn:aws:lambda:us-east-1:000000000000:function:poll')
      .replace(/\$\{EventBusName\}/g, 'default'),
  ) as StateMachineDefinition

type Json = Parameters<StateMachine['run']>[0]
const input = { jobId: 7, polls: 0 }

/** Runs the machine with the poll function's answers in order; the last one repeats. */
const run = async (answers: readonly (Json | Error)[], published: Json[] = []) => {
  const polled: Json[] = []
  const machine = new StateMachine(definition())
  const { result, eventLogs } = machine.run(input, {
    overrides: {
      taskResourceLocalHandlers: {
        Poll: (state) => {
          const answer = answers[Math.min(polled.push(state), answers.length) - 1]
          if (answer instanceof Error) throw answer
          return answer ?? null
        },
        Publish: (entries) => {
          published.push(entries)
          return { FailedEntryCount: 0 }
        },
      },
      waitTimeOverrides: { Wait: 0 },
      retryIntervalOverrides: { Poll: 0, Publish: 0 },
    },
  })
  const states: string[] = []
  const recorded = (async () => {
    for await (const event of eventLogs) if (event.type === 'StateEntered') states.push(event.state.name)
  })()
  const outcome = await result.then(
    (output) => ({ output, error: undefined }),
    (error: Error) => ({ output: undefined, error: error.cause as Error }),
  )
  await recorded
  return { ...outcome, states, polled, published }
}

const waiting = { ...input, next: 'wait', waitSeconds: 5 }
const succeeded = { ...input, next: 'succeed', outcome: 'SUCCEEDED', event: { jobId: 7 } }
const failed = { ...input, next: 'fail', outcome: 'FAILED', event: { jobId: 7 }, error: 'FAILED', cause: 'why' }

describe('wait-for-job', () => {
  it('is valid ASL', () => {
    const { isValid, errorsText } = validate(definition())
    expect(isValid, errorsText()).toBe(true)
  })

  it('speaks JSONPath only and holds no null: the interpreter ignores JSONata, packaging drops nulls', () => {
    expect(text).not.toMatch(/QueryLanguage|\{%|"Assign"/)
    expect(text).not.toMatch(/\bnull\b/)
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

  it('gives up on a poll function that always fails', async () => {
    const { polled, error, published } = await run([new Error('broken')])
    expect(polled).toHaveLength(11)
    expect(error?.message).toBe('broken')
    expect(published).toEqual([])
  })
})
