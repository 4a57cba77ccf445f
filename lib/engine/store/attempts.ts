import type { DatabaseSync } from 'node:sqlite'
import type { Attempt, AttemptStatus, FailureReason } from '../job.ts'
import { statisticsStore } from './statistics.ts'

interface Row {
  job_id: number
  number: number
  status: AttemptStatus
  created_at: number
  updated_at: number
  ended_at: number | null
  failures: string
}

/** A log that runs away must not fill the disk: what follows this many lines of an attempt is not kept. */
const maxLogLines = 5_000
/** Some errors quote the value that they are about. */
const maxLineLength = 10_000

export const attemptStore = (database: DatabaseSync) => {
  const statistics = statisticsStore(database)
  const insert = database.prepare(
    `INSERT INTO attempts (job_id, number, status, created_at, updated_at) VALUES (?, ?, 'running', ?, ?)`,
  )
  const selectOfJob = database.prepare('SELECT * FROM attempts WHERE job_id = ? ORDER BY number')
  const end = database.prepare(
    'UPDATE attempts SET status = ?, failures = ?, updated_at = ?, ended_at = ? WHERE job_id = ? AND number = ?',
  )
  const fail = database.prepare('UPDATE attempts SET failures = ? WHERE job_id = ? AND number = ?')
  const insertLine = database.prepare(
    `INSERT INTO log_lines (job_id, attempt, line, text)
     SELECT ?1, ?2, next, ?3
     FROM (SELECT coalesce(max(line) + 1, 0) AS next FROM log_lines WHERE job_id = ?1 AND attempt = ?2) WHERE next < ?4`,
  )
  const selectLines = database.prepare('SELECT text FROM log_lines WHERE job_id = ? AND attempt = ? ORDER BY line')
  return {
    /** A new running attempt. */
    add(jobId: number, number: number, now: Date): void {
      insert.run(jobId, number, now.getTime(), now.getTime())
    },
    /** In the order they were made. */
    listOfJob(jobId: number): Attempt[] {
      return (selectOfJob.all(jobId) as unknown as Row[]).map((row) => ({
        ...fromRow(row),
        streams: statistics.listOfAttempt(jobId, row.number),
      }))
    },
    saveStatistics: statistics.save,
    end(jobId: number, number: number, status: 'succeeded' | 'failed', failures: readonly FailureReason[], now: Date) {
      end.run(status, JSON.stringify(failures), now.getTime(), now.getTime(), jobId, number)
    },
    /** Notes why a running attempt is going to end. */
    willFail(jobId: number, number: number, failures: readonly FailureReason[]): void {
      fail.run(JSON.stringify(failures), jobId, number)
    },
    addLogLine(jobId: number, number: number, text: string): void {
      insertLine.run(jobId, number, text.slice(0, maxLineLength), maxLogLines)
    },
    logLines(jobId: number, number: number): string[] {
      return (selectLines.all(jobId, number) as unknown as { text: string }[]).map(({ text }) => text)
    },
  }
}

const fromRow = (row: Row): Omit<Attempt, 'streams'> => ({
  jobId: row.job_id,
  number: row.number,
  status: row.status,
  createdAt: new Date(row.created_at),
  updatedAt: new Date(row.updated_at),
  ...(row.ended_at === null ? {} : { endedAt: new Date(row.ended_at) }),
  failures: JSON.parse(row.failures),
})
