import { describe, expect, it } from 'vitest'
import { jobOf, jobStats } from '../../../lib/airbyte/jobs.ts'
import type { JobInfoRead } from '../../../lib/airbyte/types.ts'

const job = { id: 1, configId: 'c', status: 'succeeded', createdAt: 0 }
const stream = (records: number, committed?: number) => ({
  streamName: 'orders',
  streamNamespace: 'public',
  stats: {
    recordsEmitted: records,
    bytesEmitted: records * 10,
    ...(committed === undefined ? {} : { recordsCommitted: committed }),
  },
})

const cases: readonly (readonly [string, JobInfoRead, object])[] = [
  ['nothing known', { job }, { records: undefined, bytes: undefined, streams: [] }],
  [
    "Airbyte's own sum, committed before emitted",
    {
      job: {
        ...job,
        aggregatedStats: { recordsEmitted: 9, recordsCommitted: 8, bytesEmitted: 90, bytesCommitted: 80 },
      },
    },
    { records: 8, bytes: 80 },
  ],
  [
    'attempts wrapped as jobs/get has them, summed',
    {
      job,
      attempts: [
        { attempt: { id: 0, status: 'failed', recordsSynced: 3, bytesSynced: 30, streamStats: [stream(3)] } },
        { attempt: { id: 1, status: 'succeeded', recordsSynced: 4, bytesSynced: 40, streamStats: [stream(4)] } },
      ],
    },
    { records: 7, bytes: 70, streams: [{ name: 'orders', namespace: 'public', records: 7, bytes: 70 }] },
  ],
  [
    'attempts bare as jobs/list has them',
    {
      job,
      attempts: [
        { id: 0, status: 'succeeded', totalStats: { recordsEmitted: 5, bytesEmitted: 50, recordsCommitted: 4 } },
      ],
    },
    { records: 4, bytes: 50 },
  ],
  [
    'null for whatever is missing',
    {
      job: { ...job, aggregatedStats: null },
      attempts: [{ id: 0, status: 'failed', totalStats: null, streamStats: null }],
    },
    { records: undefined, streams: [] },
  ],
  [
    'streams of the whole job before those of attempts',
    {
      job: {
        ...job,
        streamAggregatedStats: [
          { streamName: 'orders', streamNamespace: 'public', recordsCommitted: 2, bytesCommitted: 20 },
        ],
      },
      attempts: [{ id: 0, status: 'succeeded', streamStats: [stream(99)] }],
    },
    { streams: [{ name: 'orders', namespace: 'public', records: 2, bytes: 20 }] },
  ],
]

describe('jobStats', () => {
  it.each(cases)('%s', (_, info, expected) => expect(jobStats(jobOf(info))).toMatchObject(expected))
})
