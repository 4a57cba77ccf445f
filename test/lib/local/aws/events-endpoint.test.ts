import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AwsEndpoint, startAwsEndpoint } from '../../../../lib/local/aws/aws-endpoint.ts'
import { createEventBus } from '../../../../lib/local/aws/events-endpoint.ts'
import { awsClient } from '../../../support/aws-client.ts'
import { eventually } from '../../../support/eventually.ts'

const errors: unknown[] = []
const bus = createEventBus({ onTargetError: (error) => errors.push(error) })
let endpoint: AwsEndpoint
let events: EventBridgeClient

beforeAll(async () => {
  endpoint = await startAwsEndpoint(bus.actions)
  events = new EventBridgeClient(awsClient(endpoint.url))
})

afterAll(() => endpoint.close())

const put = (Detail: string) =>
  events.send(new PutEventsCommand({ Entries: [{ Source: 's', DetailType: 'd', Detail, Time: new Date(0) }] }))

describe('the bus', () => {
  it('keeps events in the shape that targets get', async () => {
    const { Entries } = await put('{"a":1}')
    expect(bus.recent().at(-1)).toMatchObject({
      id: Entries?.[0]?.EventId,
      source: 's',
      'detail-type': 'd',
      time: '1970-01-01T00:00:00.000Z',
      detail: { a: 1 },
    })
  })

  it('refuses an entry, not the call, when the detail is no JSON object', async () => {
    const answer = await put('nonsense')
    expect(answer).toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'MalformedDetail' }] })
  })

  it('hands events to every target, whatever another target throws', async () => {
    const seen: unknown[] = []
    const remove = [
      bus.subscribe(() => {
        throw new Error('broken target')
      }),
      bus.subscribe(({ detail }) => void seen.push(detail)),
    ]
    await put('{"b":2}')
    await eventually(() => (errors.length > 0 ? true : undefined))
    expect(seen).toEqual([{ b: 2 }])
    for (const unsubscribe of remove) unsubscribe()
    await put('{"b":3}')
    expect(seen).toHaveLength(1)
  })
})
