import { IngestionError } from '../../errors.ts'
import type { Connection } from '../connection.ts'
import { type FailureReason, type Job, type JobTask, type StreamStatistics, totalOf } from '../job.ts'
import type { EngineLog } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { CheckpointRule } from '../sync/pump.ts'
import { planOf } from './plan.ts'
import { type RetryPolicy, verdictOf } from './retry-policy.ts'
import { syncOrder } from './sync-order.ts'
import { type SyncProcess, syncProcesses } from './sync-process.ts'

export type JobRunner = ReturnType<typeof jobRunner>

/** A store that cannot save now, for a full disk perhaps, is asked again after this time. */
const storeRetryMs = 1_000

export interface RunnerOptions {
  store: Store
  policy: RetryPolicy
  workers: number
  log: EngineLog
  compileCacheDir: string
  checkpoints?: CheckpointRule | undefined
}

interface Running {
  process: SyncProcess
  attempt: number
  /** Why the engine itself ended the sync; told in place of what the process says. */
  stoppedBecause?: FailureReason
}

/** Runs jobs, at most `workers` at a time, each attempt in a process of its own; the store knows all that matters. */
export const jobRunner = ({ store, policy, workers, log, compileCacheDir, checkpoints }: RunnerOptions) => {
  const processes = syncProcesses(compileCacheDir)
  const running = new Map<number, Running>()
  const waiting = new Map<number, NodeJS.Timeout>()
  const ready: number[] = []
  let isClosing = false

  const beginReady = () => {
    for (let jobId = ready[0]; jobId !== undefined && !isClosing && running.size < workers; jobId = ready[0]) {
      ready.shift()
      if (!isSaved(jobId, () => begin(jobId))) waitThen(jobId, storeRetryMs, () => becomeReady(jobId))
    }
    if (running.size === 0) prepare()
  }

  /** Has a process ready for the next sync, whichever connection it is of. */
  const prepare = () => {
    if (!isClosing) processes.prepare(definitionsInUse(store))
  }

  const begin = (jobId: number) => {
    const job = store.jobs.find(jobId)
    const actors = job && actorsOf(job, store)
    const now = new Date()
    if (!job) return
    // Its connection was deleted.
    if (!actors) return store.jobs.become(jobId, 'cancelled', now)
    const earlier = store.attempts.listOfJob(jobId)
    const order = syncOrder(job, earlier, actors, (stream) => store.streams.stateOf(job.connectionId, stream), now)
    const attempt = earlier.length
    store.transaction(() => {
      store.attempts.add(jobId, attempt, now)
      store.jobs.become(jobId, 'running', now)
    })
    log.info('attempt started', { jobId, attempt, connectionId: job.connectionId })
    const process = processes.run(checkpoints ? { ...order, checkpoints } : order, {
      statistics: (streams) => store.unsynced(() => store.attempts.saveStatistics(jobId, attempt, streams, new Date())),
      state: ({ stream, state, streams }) =>
        store.transaction(() => {
          store.streams.saveState(job.connectionId, stream, state)
          store.attempts.saveStatistics(jobId, attempt, streams, new Date())
        }),
      log: (text) =>
        store.unsynced(() => {
          for (const line of text.split('\n')) store.attempts.addLogLine(jobId, attempt, line)
        }),
      ended: (failures, streams) => {
        const stopped = running.get(jobId)?.stoppedBecause
        running.delete(jobId)
        settle(jobId, attempt, failures.length > 0 && stopped ? [stopped] : failures, streams)
        beginReady()
      },
    })
    running.set(jobId, { process, attempt })
  }

  const endAttempt = (
    jobId: number,
    attempt: number,
    failures: readonly FailureReason[],
    streams?: readonly StreamStatistics[],
  ) => {
    const now = new Date()
    // At once: an engine killed in between would take up a job that has ended, a cancelled one too.
    const { verdict, total } = store.transaction(() => {
      if (streams) store.attempts.saveStatistics(jobId, attempt, streams, now)
      store.attempts.end(jobId, attempt, failures.length === 0 ? 'succeeded' : 'failed', failures, now)
      const attempts = store.attempts.listOfJob(jobId)
      const verdict = verdictOf(attempts, policy)
      if ('status' in verdict) store.jobs.become(jobId, verdict.status, now)
      else store.jobs.become(jobId, 'incomplete', now, new Date(now.getTime() + verdict.retryAfterMs))
      return { verdict, total: totalOf(attempts.at(-1)?.streams ?? []) }
    })
    log.info('attempt ended', { jobId, attempt, failure: failures[0]?.externalMessage, ...total })
    if ('retryAfterMs' in verdict && !isClosing) waitThen(jobId, verdict.retryAfterMs, () => becomeReady(jobId))
  }

  /** A clock that was set back meanwhile must not make the job wait longer than any job does. */
  const waitUntil = (jobId: number, due: Date) => {
    const delayMs = Math.min(Math.max(0, due.getTime() - Date.now()), policy.maxBackoffMs)
    waitThen(jobId, delayMs, () => becomeReady(jobId))
  }

  const becomeReady = (jobId: number) => {
    ready.push(jobId)
    beginReady()
  }

  const waitThen = (jobId: number, delayMs: number, next: () => void) => {
    const timer = setTimeout(() => {
      waiting.delete(jobId)
      next()
    }, delayMs)
    waiting.set(jobId, timer)
  }

  /** Saves how an attempt ended, again and again while the store cannot: nothing else would ever end the job. */
  const settle = (...end: Parameters<typeof endAttempt>) => {
    const [jobId] = end
    if (!isSaved(jobId, () => endAttempt(...end)) && !isClosing) waitThen(jobId, storeRetryMs, () => settle(...end))
  }

  /** False when the store failed, most likely for a full disk: the engine lives on and tries again. */
  const isSaved = (jobId: number, work: () => void): boolean => {
    try {
      work()
      return true
    } catch (error) {
      log.error('the store failed', { jobId, error: error instanceof Error ? error.message : String(error) })
      return false
    }
  }

  const stop = async (jobId: number, because: FailureReason) => {
    const job = running.get(jobId)
    if (!job) return
    job.stoppedBecause ??= because
    await job.process.cancel()
  }

  /** Ends the connection's job, if it has one that has not ended; resolves when nothing runs for it any more. */
  const cancel = async (connectionId: string): Promise<void> => {
    const job = store.jobs.findUnfinished(connectionId)
    if (!job) return
    const current = running.get(job.id)
    if (current) {
      const because = cancelledByUser()
      // For the next engine, should this one be killed before the process has ended.
      isSaved(job.id, () => store.attempts.willFail(job.id, current.attempt, [because]))
      return await stop(job.id, because)
    }
    const now = new Date()
    const last = store.attempts.listOfJob(job.id).at(-1)
    // First of all: a store that cannot save this leaves the job as it was, with whatever it waits for.
    store.transaction(() => {
      // Its process has ended, but the store could not save that yet.
      if (last?.status === 'running') store.attempts.end(job.id, last.number, 'failed', [cancelledByUser()], now)
      store.jobs.become(job.id, 'cancelled', now)
    })
    clearTimeout(waiting.get(job.id))
    waiting.delete(job.id)
    const place = ready.indexOf(job.id)
    if (place >= 0) ready.splice(place, 1)
  }

  return {
    /** Takes up what an earlier engine left: attempts that it was killed in have failed; their jobs go on, but for those it was cancelling. */
    resume(): void {
      for (const job of store.jobs.listUnfinished()) {
        const last = store.attempts.listOfJob(job.id).at(-1)
        if (last?.status === 'running')
          settle(job.id, last.number, last.failures.length > 0 ? last.failures : [engineStopped()])
        else if (job.status === 'incomplete') waitUntil(job.id, job.retryAt ?? new Date())
        else ready.push(job.id)
      }
      beginReady()
    },

    prepare,

    /** Starts a job of the connection, or queues it when all workers are busy. Throws conflict. */
    start(connection: Connection, task: JobTask = { configType: 'sync' }): Job {
      if (connection.status !== 'active')
        throw new IngestionError('ingestion_inactive', `The connection ${connection.id} is ${connection.status}.`)
      if (store.jobs.findUnfinished(connection.id))
        throw new IngestionError('conflict', `A sync is already running for: ${connection.id}`)
      const jobId = store.transaction(() =>
        store.jobs.add(connection.id, planOf(connection, task, store.streams), new Date(), task.configType),
      )
      ready.push(jobId)
      beginReady()
      const job = store.jobs.find(jobId)
      if (!job) throw new Error(`Job ${jobId} vanished`)
      return job
    },

    cancel,

    /** Cancels until none of these connections, which are asked for again each time, has a job: they can be deleted then. */
    async cancelAll(connectionIds: () => readonly string[]): Promise<void> {
      for (;;) {
        const busy = connectionIds().filter((id) => store.jobs.findUnfinished(id))
        if (busy.length === 0) return
        await Promise.all(busy.map(cancel))
      }
    },

    /** Stops all syncs; their jobs go on when the next engine starts on the same data. */
    async close(): Promise<void> {
      isClosing = true
      for (const timer of waiting.values()) clearTimeout(timer)
      waiting.clear()
      await Promise.all([...running.keys()].map((jobId) => stop(jobId, engineStopped())))
      await processes.close()
    },
  }
}

const definitionsInUse = (store: Store): string[] => [
  ...new Set([...store.actors.list('source'), ...store.actors.list('destination')].map((actor) => actor.definitionId)),
]

const actorsOf = ({ connectionId }: Job, store: Store) => {
  const connection = store.connections.find(connectionId)
  const source = connection && store.actors.find('source', connection.sourceId)
  const destination = connection && store.actors.find('destination', connection.destinationId)
  return source && destination && { source, destination }
}

const cancelledByUser = (): FailureReason => ({
  failureOrigin: 'airbyte_platform',
  failureType: 'manual_cancellation',
  externalMessage: 'The sync was cancelled.',
  timestamp: Date.now(),
})

const engineStopped = (): FailureReason => ({
  failureOrigin: 'airbyte_platform',
  failureType: 'transient_error',
  externalMessage: 'The engine was stopped while this attempt ran.',
  timestamp: Date.now(),
})
