import type { DatabaseSync } from 'node:sqlite'
import type { StreamStatistics } from '../job.ts'

interface Row {
  namespace: string
  name: string
  records_emitted: number
  bytes_emitted: number
  records_committed: number
  bytes_committed: number
  states_emitted: number
  complete: number
  left_out: string
}

/** Statistics per attempt and stream. A running sync saves several times a second: only the streams that changed. */
export const statisticsStore = (database: DatabaseSync) => {
  const upsert = database.prepare(
    `INSERT INTO stream_statistics VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET records_emitted = excluded.records_emitted, bytes_emitted = excluded.bytes_emitted,
       records_committed = excluded.records_committed, bytes_committed = excluded.bytes_committed,
       states_emitted = excluded.states_emitted, complete = excluded.complete,
       left_out = excluded.left_out`,
  )
  const select = database.prepare(
    'SELECT * FROM stream_statistics WHERE job_id = ? AND attempt = ? ORDER BY namespace, name',
  )
  const touch = database.prepare('UPDATE attempts SET updated_at = ? WHERE job_id = ? AND number = ?')
  return {
    /** Sets the statistics of these streams; others stay. */
    save(jobId: number, attempt: number, streams: readonly StreamStatistics[], now: Date): void {
      for (const stream of streams)
        upsert.run(
          jobId,
          attempt,
          stream.namespace ?? '',
          stream.name,
          stream.recordsEmitted,
          stream.bytesEmitted,
          stream.recordsCommitted,
          stream.bytesCommitted,
          stream.statesEmitted,
          Number(stream.complete),
          JSON.stringify(stream.leftOut ?? []),
        )
      touch.run(now.getTime(), jobId, attempt)
    },
    listOfAttempt(jobId: number, attempt: number): StreamStatistics[] {
      return (select.all(jobId, attempt) as unknown as Row[]).map(fromRow)
    },
  }
}

const fromRow = (row: Row): StreamStatistics => ({
  name: row.name,
  ...(row.namespace === '' ? {} : { namespace: row.namespace }),
  recordsEmitted: row.records_emitted,
  bytesEmitted: row.bytes_emitted,
  recordsCommitted: row.records_committed,
  bytesCommitted: row.bytes_committed,
  statesEmitted: row.states_emitted,
  complete: row.complete === 1,
  ...(row.left_out === '[]' ? {} : { leftOut: JSON.parse(row.left_out) }),
})
