import type { DatabaseSync } from 'node:sqlite'
import { isTerminal, type Job, type JobStatus, type JobType, mayBecome, type PlannedStream } from '../job.ts'

interface Row {
  id: number
  connection_id: string
  config_type: JobType
  status: JobStatus
  streams: string
  created_at: number
  updated_at: number
  started_at: number | null
  retry_at: number | null
}

export interface JobQuery {
  connectionId?: string | undefined
  configTypes?: readonly string[] | undefined
  statuses?: readonly JobStatus[] | undefined
  createdAfter?: Date | undefined
  createdBefore?: Date | undefined
  updatedAfter?: Date | undefined
  updatedBefore?: Date | undefined
  orderBy: 'createdAt' | 'updatedAt'
  ascending: boolean
  limit: number
  offset: number
}

/** What of a job can be told without its streams. `beganAt` is its creation while it has not started. */
export interface JobRun {
  id: number
  status: JobStatus
  beganAt: Date
}

/** Which ended jobs are not needed any more; see RetentionRule. */
export interface Outdated {
  before: Date
  maxJobs: number
  minJobs: number
}

export const jobStore = (database: DatabaseSync) => {
  const insert = database.prepare(
    `INSERT INTO jobs (connection_id, status, streams, created_at, updated_at, config_type) VALUES (?, 'pending', ?, ?, ?, ?)`,
  )
  const select = database.prepare('SELECT * FROM jobs WHERE id = ?')
  const selectUnfinished = database.prepare(
    `SELECT * FROM jobs WHERE status IN ('pending', 'running', 'incomplete') ORDER BY id`,
  )
  const selectLast = database.prepare('SELECT * FROM jobs WHERE connection_id = ? ORDER BY id DESC LIMIT 1')
  const selectLastRun = database.prepare(
    `SELECT id, status, created_at, started_at FROM jobs INDEXED BY jobs_of_connection
     WHERE connection_id = ? ORDER BY id DESC LIMIT 1`,
  )
  const update = database.prepare(
    'UPDATE jobs SET status = ?, updated_at = ?, started_at = coalesce(started_at, ?), retry_at = ? WHERE id = ?',
  )
  const selectOutdated = database.prepare(
    `WITH history AS (
       SELECT id, connection_id, status, created_at,
         row_number() OVER (PARTITION BY connection_id ORDER BY id DESC) AS place,
         max(iif(status = 'succeeded', id, 0)) OVER (PARTITION BY connection_id) AS last_success
       FROM jobs INDEXED BY jobs_of_connection)
     SELECT id FROM history
     WHERE status IN ('failed', 'succeeded', 'cancelled') AND CASE
       WHEN connection_id NOT IN (SELECT id FROM connections) THEN created_at < ?1
       ELSE id <> last_success AND (place > ?2 OR (created_at < ?1 AND place > ?3)) END
     ORDER BY id`,
  )
  const remove = database.prepare('DELETE FROM jobs WHERE id = ?')
  const find = (id: number): Job | undefined => {
    const row = select.get(id) as Row | undefined
    return row && fromRow(row)
  }
  /** The connection's last job, without its streams. */
  const findLastRun = (connectionId: string): JobRun | undefined => {
    const row = selectLastRun.get(connectionId) as Row | undefined
    return row && { id: row.id, status: row.status, beganAt: new Date(row.started_at ?? row.created_at) }
  }
  return {
    find,
    /** A new pending job. */
    add(connectionId: string, streams: readonly PlannedStream[], now: Date, configType: JobType = 'sync'): number {
      const at = now.getTime()
      const { lastInsertRowid } = insert.run(connectionId, JSON.stringify(streams), at, at, configType)
      return Number(lastInsertRowid)
    },
    /** Moves the job on; throws when the state machine does not allow it. `retryAt` is kept for incomplete jobs only. */
    become(id: number, status: JobStatus, now: Date, retryAt?: Date): void {
      const job = find(id)
      if (!job || !mayBecome(job.status, status))
        throw new Error(`Job ${id} cannot become ${status} from ${job?.status ?? 'nothing'}`)
      const startedAt = status === 'running' ? now.getTime() : null
      update.run(status, now.getTime(), startedAt, retryAt?.getTime() ?? null, id)
    },
    /** Oldest first. */
    listUnfinished(): Job[] {
      return (selectUnfinished.all() as unknown as Row[]).map(fromRow)
    },
    findLast(connectionId: string): Job | undefined {
      const row = selectLast.get(connectionId) as Row | undefined
      return row && fromRow(row)
    },
    findLastRun,
    /** The connection's job that has not ended; there is at most one. */
    findUnfinished(connectionId: string): JobRun | undefined {
      const last = findLastRun(connectionId)
      return last && !isTerminal(last.status) ? last : undefined
    },
    /**
     * The ids of ended jobs that are beyond the newest `maxJobs` of their connection, or older than `before` and beyond the
     * newest `minJobs`; never the last successful one. Of a connection that was deleted, all that are older. Oldest first.
     */
    listOutdated({ before, maxJobs, minJobs }: Outdated): number[] {
      const rows = selectOutdated.all(before.getTime(), maxJobs, minJobs) as unknown as { id: number }[]
      return rows.map(({ id }) => id)
    },
    /** Takes its attempts, their statistics and logs with it. */
    remove(id: number): void {
      remove.run(id)
    },
    list(query: JobQuery): { jobs: Job[]; total: number } {
      const { where, values } = conditionsOf(query)
      const direction = query.ascending ? 'ASC' : 'DESC'
      const order = `ORDER BY ${query.orderBy === 'createdAt' ? 'created_at' : 'updated_at'} ${direction}, id ${direction}`
      // The page is found in an index alone: rows are as large as their catalogs.
      const page = `SELECT id FROM jobs ${where} ${order} LIMIT ? OFFSET ?`
      const rows = database
        .prepare(`SELECT * FROM jobs WHERE id IN (${page}) ${order}`)
        .all(...values, query.limit, query.offset) as unknown as Row[]
      const { total } = database.prepare(`SELECT count(*) AS total FROM jobs ${where}`).get(...values) as {
        total: number
      }
      return { jobs: rows.map(fromRow), total }
    },
  }
}

const conditionsOf = (query: JobQuery) => {
  const conditions: string[] = []
  const values: (string | number)[] = []
  const add = (condition: string, ...given: (string | number)[]) => {
    conditions.push(condition)
    values.push(...given)
  }
  if (query.connectionId !== undefined) add('connection_id = ?', query.connectionId)
  if (query.configTypes) add(`config_type IN (${query.configTypes.map(() => '?').join(', ')})`, ...query.configTypes)
  if (query.statuses) add(`status IN (${query.statuses.map(() => '?').join(', ')})`, ...query.statuses)
  if (query.createdAfter) add('created_at >= ?', query.createdAfter.getTime())
  if (query.createdBefore) add('created_at <= ?', query.createdBefore.getTime())
  if (query.updatedAfter) add('updated_at >= ?', query.updatedAfter.getTime())
  if (query.updatedBefore) add('updated_at <= ?', query.updatedBefore.getTime())
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values }
}

const fromRow = (row: Row): Job => ({
  id: row.id,
  connectionId: row.connection_id,
  configType: row.config_type,
  status: row.status,
  streams: JSON.parse(row.streams),
  createdAt: new Date(row.created_at),
  updatedAt: new Date(row.updated_at),
  ...(row.started_at === null ? {} : { startedAt: new Date(row.started_at) }),
  ...(row.retry_at === null ? {} : { retryAt: new Date(row.retry_at) }),
})
