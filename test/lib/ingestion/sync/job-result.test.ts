import { describe, expect, it } from 'vitest'
import type { Job } from '../../../../lib/airbyte/jobs.ts'
import type { AttemptRead, FailureReason } from '../../../../lib/airbyte/types.ts'
import { jobResult, type Outcome, outcomeOf } from '../../../../lib/ingestion/sync/job-result.ts'
import { syncFinishedOf } from '../../../../lib/ingestion/waiting/sync-finished.ts'

const job = (status: string, ...attempts: Partial<AttemptRead>[]): Job => ({
  read: { id: 7, configId: 'c', status, createdAt: 0, updatedAt: 60 },
  attempts: attempts.map((one, id) => ({ id, status: 'succeeded', ...one })),
})
const orders = { streamName: 'orders', streamNamespace: 'public', stats: { recordsEmitted: 5, bytesEmitted: 50 } }
const moved = { streamStats: [orders], recordsSynced: 5, bytesSynced: 50 }
const failedBy = (failures: FailureReason[], partialSuccess = false): Partial<AttemptRead> => ({
  status: 'failed',
  failureSummary: { failures, partialSuccess },
})
const ofStream = (name: string): FailureReason => ({
  failureOrigin: 'source',
  failureType: 'system_error',
  externalMessage: 'it broke',
  streamDescriptor: { name, namespace: 'public' },
})

describe('outcomeOf', () => {
  it.each<[string, Job, Outcome | undefined]>([
    ['a job that goes on', job('running', moved), undefined],
    ['between attempts', job('incomplete', failedBy([])), undefined],
    ['waiting for room', job('queued'), undefined],
    ['a word of tomorrow', job('resting'), undefined],
    ['rows', job('succeeded', moved), 'SUCCEEDED'],
    ['rows in the second attempt', job('succeeded', failedBy([ofStream('orders')]), moved), 'SUCCEEDED'],
    [
      'no rows, as the streams tell',
      job('succeeded', { streamStats: [{ streamName: 'orders', stats: {} }] }),
      'SUCCEEDED',
    ],
    ['no attempt', job('succeeded'), 'SUSPECT'],
    ['an attempt that tells nothing', job('succeeded', {}), 'SUSPECT'],
    ['success of a failed attempt without rows', job('succeeded', failedBy([])), 'SUSPECT'],
    ['success of a failed attempt with rows', job('succeeded', { ...moved, ...failedBy([]) }), 'PARTIAL'],
    [
      'success with a stream that failed',
      job('succeeded', { ...moved, failureSummary: { failures: [ofStream('items')] } }),
      'PARTIAL',
    ],
    ['failure', job('failed', failedBy([ofStream('orders')])), 'FAILED'],
    [
      'failure after rows were committed',
      job('failed', { ...failedBy([ofStream('items')], true), totalStats: { recordsCommitted: 5 } }),
      'PARTIAL',
    ],
    ['failure that calls itself partial without rows', job('failed', failedBy([], true)), 'FAILED'],
    ['cancelled', job('cancelled', moved), 'CANCELLED'],
  ])('%s', (_, given, outcome) => expect(outcomeOf(given)).toBe(outcome))
})

describe('jobResult', () => {
  it('tells the values that their columns could not hold, summed over attempts; the event does not', () => {
    const leftOut = (values: number) => ({
      field: 'at',
      reason: 'SOURCE_SERIALIZATION_ERROR',
      values,
      example: 'infinity',
    })
    const given = job(
      'succeeded',
      { streamStats: [{ ...orders, valuesLeftOut: [leftOut(2)] }] },
      {
        streamStats: [
          { ...orders, valuesLeftOut: [leftOut(3)] },
          { ...orders, streamName: 'items' },
        ],
      },
    )
    const result = jobResult(given)
    expect(result.streams.map((stream) => stream.valuesLeftOut)).toEqual([[leftOut(5)], undefined])
    const summed = { ...given.read, streamAggregatedStats: [{ streamName: 'orders', streamNamespace: 'public' }] }
    expect(jobResult({ ...given, read: summed }).streams[0]?.valuesLeftOut).toEqual([leftOut(5)])
    expect(JSON.stringify(syncFinishedOf({ ...result, outcome: 'SUCCEEDED' }))).not.toContain('infinity')
  })

  it('lists the streams that failed, also without counts, beside those that did not', () =>
    expect(
      jobResult(
        job('failed', { ...moved, ...failedBy([ofStream('items')], true), totalStats: { recordsCommitted: 5 } }),
      ),
    ).toMatchObject({
      outcome: 'PARTIAL',
      streams: [
        { name: 'orders', namespace: 'public', recordsSynced: 5, bytesSynced: 50 },
        { name: 'items', namespace: 'public', recordsSynced: 0, status: 'failed' },
      ],
      failure: { origin: 'source', type: 'system_error', message: 'it broke', retryable: true },
    }))

  it.each([
    ['no summary at all', {}],
    ['an empty one', failedBy([])],
    ['null', { failureSummary: null }],
  ])('a failure whose attempt has %s still says what to do', (_, attempt) =>
    expect(jobResult(job('failed', attempt)).failure).toEqual({
      message: 'Airbyte gives no reason; the log of the last attempt has more.',
      retryable: true,
    }),
  )

  it('a connector that quotes its password is not quoted', () => {
    const quoting = { ...ofStream('orders'), externalMessage: 'cannot connect with password=canary-1 to h' }
    expect(JSON.stringify(jobResult(job('failed', failedBy([quoting]))))).not.toContain('canary-1')
  })
})
