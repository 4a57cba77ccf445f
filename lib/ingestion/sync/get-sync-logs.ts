import type { Services } from '../../services.ts'
import { jobIdAt } from '../known-id.ts'
import { maskLog } from './mask-log.ts'

export interface SyncLogs {
  jobId: number
  attempt?: number
  lines: string[]
  isCut: boolean
}

const defaultTail = 200
/** Lines before the wanted ones that are looked at too: a private key may begin there. */
const marginLines = 200

/** The end of the last attempt's log, without what looks like a secret. */
export const getSyncLogs = async (
  { airbyte }: Services,
  input: { jobId: string; tail?: number | undefined },
  signal: AbortSignal,
): Promise<SyncLogs> => {
  const jobId = jobIdAt(input.jobId, '/jobId')
  const { tail = defaultTail } = input
  // Says 404 for a job that is not there, which Airbyte itself does not.
  await airbyte.jobs.find(jobId, signal)
  const { attempt, lines } = await airbyte.jobs.lastLog(jobId, signal)
  return {
    jobId,
    ...(attempt === undefined ? {} : { attempt }),
    lines: maskLog(lines.slice(-(tail + marginLines))).slice(-tail),
    isCut: lines.length > tail,
  }
}
