import { task } from '../../lib/http/task.ts'
import type { WaitState } from '../../lib/ingestion/waiting/decide-poll.ts'
import { pollJob } from '../../lib/ingestion/waiting/poll-job.ts'

export const handler = task('poll', (state: WaitState, { connect, signal, report }) =>
  pollJob(connect, state, signal, report),
)
