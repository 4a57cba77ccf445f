import { IngestionError } from '../errors.ts'
import type { AirbyteClient } from './client.ts'
import { type AttemptLog, lastLogOf } from './job-log.ts'
import type { AttemptRead, JobInfoRead, JobRead, StreamStats, ValuesLeftOut } from './types.ts'
import { isMissingOperation, upstreamFailure } from './upstream-error.ts'

export interface Job {
  read: JobRead
  /** Oldest first. */
  attempts: readonly AttemptRead[]
}

/** Kinds of jobs that exist in every generation, and those that came with 1.0. */
const oldTypes = ['sync', 'reset_connection']
const newTypes = ['refresh', 'clear']
const historyLength = 10
const recentLength = 10

export const isTerminal = (status: string): boolean => ['succeeded', 'failed', 'cancelled'].includes(status)

export const jobs = (client: AirbyteClient) => {
  /** Generations without `get_without_logs` (0.40) are asked once a container. */
  let hasLogless = true
  let hasLight = true
  let hasNewTypes = true

  /** The job with attempts and statistics, without its logs where possible. */
  const get = async (id: number, signal: AbortSignal): Promise<Job> => {
    if (hasLogless) {
      try {
        return jobOf(await client.getJobWithoutLogs({ id }, signal))
      } catch (error) {
        if (!isMissingOperation(error)) throw error
      }
      const job = jobOf(await client.getJob({ id }, signal))
      hasLogless = false
      return job
    }
    return jobOf(await client.getJob({ id }, signal))
  }

  /** Jobs of every kind, newest first. Not filtered by status: each generation refuses words of later ones. */
  const list = async (
    connectionId: string,
    { limit, offset }: { limit: number; offset: number },
    signal: AbortSignal,
  ): Promise<readonly Job[]> => {
    const ask = async (configTypes: readonly string[]) =>
      (
        await client.listJobs(
          { configTypes, configId: connectionId, pagination: { pageSize: limit, rowOffset: offset } },
          signal,
        )
      ).jobs
        .map(jobOf)
        .sort((a, b) => b.read.id - a.read.id)
    if (!hasNewTypes) return ask(oldTypes)
    try {
      return await ask([...oldTypes, ...newTypes])
    } catch (error) {
      if (![400, 422, 500].includes(upstreamFailure(error)?.status ?? 0)) throw error
      const found = await ask(oldTypes)
      hasNewTypes = false
      return found
    }
  }

  return {
    get,

    /** Status and times only: what polling needs. */
    getLight: async (id: number, signal: AbortSignal): Promise<JobRead> => {
      if (hasLight) {
        try {
          return (await client.getJobLight({ id }, signal)).job
        } catch (error) {
          if (!isMissingOperation(error)) throw error
        }
        const { read } = await get(id, signal)
        hasLight = false
        return read
      }
      return (await get(id, signal)).read
    },

    /**
     * As `get`, for a caller: Airbyte says 500 for a job that it does not know, so a healthy Airbyte that says it twice
     * knows no such job. With roles by workspace it says 403.
     */
    find: async (id: number, signal: AbortSignal): Promise<Job> => {
      const attempt = () => get(id, signal)
      try {
        return await attempt().catch((error: unknown) => {
          if (upstreamFailure(error)?.status !== 500) throw error
          return attempt()
        })
      } catch (error) {
        const status = upstreamFailure(error)?.status
        if (status === 404) throw unknownJob(id)
        if (status === 403) throw unknownJob(id, ', or does not let this service see it (403)')
        if (status !== 500) throw error
        const health = await client.health(undefined, signal)
        throw health?.available === false ? error : unknownJob(id)
      }
    },

    list,

    /** The connection's newest jobs, newest first. */
    recent: async (connectionId: string, signal: AbortSignal): Promise<readonly JobRead[]> =>
      (await list(connectionId, { limit: recentLength, offset: 0 }, signal)).map(({ read }) => read),

    /** The connection's newest job that has not ended, if any. */
    newestUnfinished: async (connectionId: string, signal: AbortSignal): Promise<JobRead | undefined> =>
      (await list(connectionId, { limit: recentLength, offset: 0 }, signal)).find(
        ({ read }) => !isTerminal(read.status),
      )?.read,

    /** Of the last attempt, oldest line first. All logs are fetched, since Airbyte gives them in no other way. */
    lastLog: async (id: number, signal: AbortSignal): Promise<AttemptLog> =>
      lastLogOf(await client.getJob({ id }, signal)),

    /** Seconds that the last successful syncs of a connection took, newest first. */
    successSeconds: async (connectionId: string, signal: AbortSignal): Promise<readonly number[]> =>
      (
        await client.listJobs(
          {
            configTypes: ['sync'],
            configId: connectionId,
            statuses: ['succeeded'],
            pagination: { pageSize: historyLength, rowOffset: 0 },
          },
          signal,
        )
      ).jobs
        .filter(({ job }) => job.status === 'succeeded' && job.updatedAt)
        .map(({ job }) => Math.max(0, (job.updatedAt ?? 0) - job.createdAt)),
  }
}

export type Jobs = ReturnType<typeof jobs>

/** The wire's two shapes of attempts made one. */
export const jobOf = (info: JobInfoRead): Job => ({
  read: info.job,
  attempts: (info.attempts ?? [])
    .map((one) => ('attempt' in one ? one.attempt : one))
    .filter((one): one is AttemptRead => typeof one === 'object' && one !== null)
    .sort((a, b) => a.id - b.id),
})

export interface JobStats {
  /** Undefined when nothing at all is known. */
  records: number | undefined
  bytes: number | undefined
  recordsEmitted: number
  recordsCommitted: number
  streams: readonly StreamCount[]
}

export interface StreamCount {
  name: string
  namespace: string | undefined
  records: number
  bytes: number
  /** Summed over attempts, like the rest. */
  valuesLeftOut: readonly ValuesLeftOut[]
}

/** Committed when known, else emitted; Airbyte's own sum over attempts where it has one, else ours. */
export const jobStats = ({ read, attempts }: Job): JobStats => {
  const whole = read.aggregatedStats
  const sum = (pick: (attempt: AttemptRead) => number | null | undefined): number | undefined => {
    const known = attempts.map(pick).filter((one): one is number => typeof one === 'number')
    return known.length === 0 ? undefined : known.reduce((a, b) => a + b, 0)
  }
  const recordsCommitted = whole?.recordsCommitted ?? sum((one) => one.totalStats?.recordsCommitted)
  const recordsEmitted = whole?.recordsEmitted ?? sum((one) => one.totalStats?.recordsEmitted ?? one.recordsSynced)
  return {
    records:
      whole?.recordsCommitted ??
      sum((one) => one.totalStats?.recordsCommitted ?? one.recordsSynced ?? one.totalStats?.recordsEmitted) ??
      recordsEmitted,
    bytes:
      whole?.bytesCommitted ??
      sum((one) => one.totalStats?.bytesCommitted ?? one.bytesSynced ?? one.totalStats?.bytesEmitted) ??
      whole?.bytesEmitted ??
      undefined,
    recordsEmitted: recordsEmitted ?? 0,
    recordsCommitted: recordsCommitted ?? 0,
    streams: streamCounts(read, attempts),
  }
}

const streamCounts = (read: JobRead, attempts: readonly AttemptRead[]): readonly StreamCount[] => {
  const parts: readonly StreamStats[] = read.streamAggregatedStats?.length
    ? read.streamAggregatedStats.map(({ streamName, streamNamespace, ...stats }) => ({
        streamName,
        streamNamespace: streamNamespace ?? null,
        stats,
      }))
    : attempts.flatMap((one) => one.streamStats ?? [])
  const leftOut = leftOutByStream(attempts)
  const counts = new Map<string, StreamCount>()
  for (const { streamName: name, streamNamespace, stats } of parts) {
    const namespace = streamNamespace ?? undefined
    const key = streamKey(name, streamNamespace)
    const before = counts.get(key)
    counts.set(key, {
      name,
      namespace,
      records: (before?.records ?? 0) + (stats?.recordsCommitted ?? stats?.recordsEmitted ?? 0),
      bytes: (before?.bytes ?? 0) + (stats?.bytesCommitted ?? stats?.bytesEmitted ?? 0),
      valuesLeftOut: leftOut.get(key) ?? [],
    })
  }
  return [...counts.values()]
}

const streamKey = (name: string, namespace: string | null | undefined): string =>
  JSON.stringify([namespace ?? null, name])

/** Only attempts tell them, also where the job has sums of its own. */
const leftOutByStream = (attempts: readonly AttemptRead[]): ReadonlyMap<string, readonly ValuesLeftOut[]> => {
  const byStream = new Map<string, ValuesLeftOut[]>()
  for (const { streamName, streamNamespace, valuesLeftOut } of attempts.flatMap((one) => one.streamStats ?? [])) {
    if (!valuesLeftOut?.length) continue
    const key = streamKey(streamName, streamNamespace)
    const known = byStream.get(key) ?? []
    byStream.set(key, known)
    for (const told of valuesLeftOut) {
      const same = known.find((one) => one.field === told.field && one.reason === told.reason)
      if (same) same.values += told.values
      else known.push({ ...told })
    }
  }
  return byStream
}

const unknownJob = (id: number, why = '') =>
  new IngestionError('job_not_found', `Airbyte knows no job ${id}${why}.`, {
    errors: [{ pointer: '/jobId', message: 'names no job' }],
  })
