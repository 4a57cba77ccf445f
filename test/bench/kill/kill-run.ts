import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { startPostgres } from '../../support/postgres.ts'
import { startS3 } from '../../support/s3.ts'
import { audit } from './audit.ts'
import { type ConnectionName, connectionNames, createConnections } from './connections.ts'
import { integrityOf, type KillableEngine, killableEngine } from './killable-engine.ts'
import { mariaDbSource } from './mariadb-source.ts'
import { connected, postgresSource } from './postgres-source.ts'
import { seededRandom } from './random.ts'
import type { SourceServer } from './source-server.ts'
import { overlappingWriters, singleWriter, type Writer } from './writer.ts'

export interface KillPlan {
  /** The database that is read; what is written goes to Postgres and an object store. */
  source: 'postgres' | 'mariadb'
  seed: number
  /** How often a process is killed. */
  kills: number
  /** Rows of an insert before every third kill: above a batch (8,192) syncs commit in the middle of a stream. */
  bulkRows: number
  /** Transactions of several writers overlap, and the source looks back far enough to find what they commit late. */
  overlapping: boolean
}

export interface KillReport {
  enginesKilled: number
  childrenKilled: number
  attempts: number
  /** Attempts that a kill has ended. */
  attemptsKilled: number
  /** States saved by attempts that were killed later: what they had committed was not read again. */
  resumedInMidStream: number
  sourceRows: number
  appendedRows: number
  repeatedRows: number
  /** Empty = nothing was lost, doubled where it must not be, or seen in part. */
  faults: readonly string[]
}

/** Half of the kills come at any time up to this after their syncs have begun. */
const longestLifeMs = 1_200
/** So soon after the first rows are seen to move the others come. */
const movingMs = 300
const movingWithinMs = 5_000
const longestTransactionMs = 800
const lookbackSeconds = 10
const settleMs = 120_000

/** Kills the engine or one of its sync processes again and again while rows are written, then lets it finish and looks. */
export const runKills = async (plan: KillPlan, tell: (text: string) => void): Promise<KillReport> => {
  const random = seededRandom(plan.seed)
  const [postgres, s3] = await Promise.all([startPostgres(), startS3()])
  const dataDir = mkdtempSync(join(tmpdir(), 'ingestion-kill-'))
  const engine = killableEngine(join(dataDir, 'data'))
  let source: SourceServer | undefined
  let sql: pg.Client | undefined
  let writer: Writer | undefined
  const faults = new Set<string>()
  let enginesKilled = 0
  let childrenKilled = 0
  try {
    sql = await connected(postgres)
    const lookback = plan.overlapping ? lookbackSeconds : 0
    source = plan.source === 'mariadb' ? await mariaDbSource(lookback) : await postgresSource(postgres, lookback)
    await engine.start()
    const ids = await createConnections(engine, source, postgres, s3)
    const { visibleFaults, finalFaults, watchObjects } = audit(source, sql, s3)
    writer = plan.overlapping
      ? overlappingWriters(source, seededRandom(plan.seed + 1), longestTransactionMs)
      : singleWriter(source, seededRandom(plan.seed + 1))
    for (let kill = 1; kill <= plan.kills; kill++) {
      if (random.next() < 0.3) writer.insertBulk(plan.bulkRows)
      await startAll(engine, ids)
      const watch = new AbortController()
      const watched = watchObjects(watch.signal)
      // A run that breaks before it asks takes the store away.
      watched.catch(() => undefined)
      // On a busy machine a time alone would meet little but starting processes.
      if (random.next() < 0.5) await delay(random.next() * longestLifeMs)
      else await isMoving(engine, ids).then(() => delay(random.next() * movingMs))
      const worker = random.next() < 0.5 ? random.oneOf(engine.workers()) : undefined
      if (worker !== undefined && isKilled(worker)) childrenKilled += 1
      else {
        await engine.kill()
        enginesKilled += 1
        const integrity = integrityOf(join(dataDir, 'data'))
        if (integrity !== 'ok') faults.add(`the engine's file after kill ${kill}: ${integrity}`)
        await engine.start()
      }
      watch.abort()
      for (const fault of [...(await watched), ...(await visibleFaults())]) faults.add(`after kill ${kill}: ${fault}`)
      if (kill % 10 === 0) tell(`${kill} of ${plan.kills} kills, ${faults.size} faults`)
    }
    await writer.stop()
    await Promise.all(
      connectionNames.map(async (name) => {
        await ended(engine, ids[name])
        await startOne(engine, ids[name])
        const job = await ended(engine, ids[name])
        if (job.status !== 'succeeded') faults.add(`the last sync of ${name} has ${job.status}: ${reasonOf(job)}`)
      }),
    )
    const { faults: last, ...rows } = await finalFaults()
    for (const fault of last) faults.add(`at the end: ${fault}`)
    const attempts = await allAttempts(engine, ids)
    return { enginesKilled, childrenKilled, ...attempts, ...rows, faults: [...faults] }
  } catch (error) {
    throw new Error(`the run broke; the engine's last words:\n${engine.log()}`, { cause: error })
  } finally {
    await Promise.allSettled([engine.stop(), writer?.stop()])
    await Promise.allSettled([source?.stop(), sql?.end()])
    await Promise.all([postgres.stop(), s3.stop()])
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const isKilled = (pid: number): boolean => {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

/** Starts every connection that has no job under way. */
const startAll = async (engine: KillableEngine, ids: Readonly<Record<ConnectionName, string>>) => {
  for (const name of connectionNames) await startOne(engine, ids[name])
}

/** Resolves when an attempt under way has read rows, or when none does for a while. */
const isMoving = async (engine: KillableEngine, ids: Readonly<Record<ConnectionName, string>>) => {
  const deadline = performance.now() + movingWithinMs
  while (performance.now() < deadline) {
    for (const name of connectionNames) {
      const [job] = await jobsOf(engine, ids[name], 1)
      const last = job?.attempts.at(-1)
      if (last?.status === 'running' && last.totalStats.recordsEmitted > 0) return
    }
    await delay(10)
  }
}

const startOne = async (engine: KillableEngine, connectionId: string) => {
  const { status, body } = await engine.call('/connections/sync', { connectionId })
  if (status !== 200 && status !== 409) throw new Error(`connections/sync answered ${status}: ${JSON.stringify(body)}`)
}

// biome-ignore lint/suspicious/noExplicitAny: an answer, read member by member
type Answer = any

/** The connection's last job, once it has ended. */
const ended = async (engine: KillableEngine, connectionId: string): Promise<Answer> => {
  const deadline = performance.now() + settleMs
  for (;;) {
    const [job] = await jobsOf(engine, connectionId, 1)
    if (job && ['succeeded', 'failed', 'cancelled'].includes(job.status)) return job
    if (performance.now() > deadline) throw new Error(`job ${job?.id} is still ${job?.status}: ${reasonOf(job)}`)
    await delay(50)
  }
}

const jobsOf = async (engine: KillableEngine, connectionId: string, pageSize: number): Promise<Answer[]> =>
  (await engine.call('/jobs/list', { configTypes: ['sync'], configId: connectionId, pagination: { pageSize } })).body
    .jobs

const reasonOf = (job: Answer): string => JSON.stringify(job?.attempts?.at(-1)?.failureSummary?.failures ?? [])

const allAttempts = async (engine: KillableEngine, ids: Readonly<Record<ConnectionName, string>>) => {
  const attempts: Answer[] = []
  for (const name of connectionNames)
    for (const job of await jobsOf(engine, ids[name], 10_000)) attempts.push(...job.attempts)
  const killed = attempts.filter(({ status }) => status === 'failed')
  const midStream = killed.filter(({ totalStats }) => totalStats.stateMessagesEmitted > 0)
  return { attempts: attempts.length, attemptsKilled: killed.length, resumedInMidStream: midStream.length }
}
