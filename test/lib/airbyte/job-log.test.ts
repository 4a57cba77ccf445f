import { expect, it } from 'vitest'
import { lastLogOf } from '../../../lib/airbyte/job-log.ts'
import type { JobInfoRead } from '../../../lib/airbyte/types.ts'

const job = { id: 1, configId: 'c', status: 'failed', createdAt: 0 }
const attempt = (id: number) => ({ id, status: 'failed' })

it.each<[string, JobInfoRead, object]>([
  ['no attempt', { job }, { attempt: undefined, lines: [] }],
  ['no log', { job, attempts: [{ attempt: attempt(0) }] }, { attempt: 0, lines: [] }],
  [
    'lines of the last attempt, colours removed',
    {
      job,
      attempts: [
        { attempt: attempt(1), logs: { logLines: ['\u001b[32mINFO\u001b[m b', 'two\nlines'] } },
        { attempt: attempt(0), logs: { logLines: ['a'] } },
      ],
    },
    { attempt: 1, lines: ['INFO b', 'two', 'lines'] },
  ],
  [
    'events',
    {
      job,
      attempts: [
        {
          attempt: attempt(0),
          logs: {
            events: [
              { timestamp: 0, level: 'error', logSource: 'source', message: 'no', stackTrace: 'at x' },
              { message: 'bare' },
            ],
          },
        },
      ],
    },
    { attempt: 0, lines: ['1970-01-01T00:00:00.000Z source ERROR no', 'at x', 'bare'] },
  ],
])('%s', (_, info, log) => expect(lastLogOf(info)).toEqual(log))
