import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Connection } from '../../../../lib/engine/connection.ts'
import { airbyteRetryPolicy } from '../../../../lib/engine/jobs/retry-policy.ts'
import { jobRunner } from '../../../../lib/engine/jobs/runner.ts'
import { openStore, type Store } from '../../../../lib/engine/store/store.ts'
import { eventually } from '../../../support/eventually.ts'
import { collectingLog } from '../test-engine.ts'

let folder: string
let store: Store
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-runner-'))
  store = openStore(folder)
  for (const kind of ['source', 'destination'] as const)
    store.actors.add({ id: kind, kind, definitionId: 'none', name: kind, configuration: {}, createdAt: new Date() })
  store.connections.add(connection)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const connection: Connection = {
  id: 'c',
  sourceId: 'source',
  destinationId: 'destination',
  name: 'c',
  status: 'active',
  namespaceDefinition: 'source',
  catalog: [],
  schedule: { type: 'manual' },
  kept: {},
  createdAt: new Date(0),
}

/** The store, but that `name` of its attempts fails the first time, as on a disk that is full for a while. */
const failingOnce = (name: 'end' | 'add' | 'addLogLine'): Store => {
  let hasFailed = false
  const attempts = new Proxy(store.attempts, {
    get: (target, key) => {
      if (key !== name || hasFailed) return Reflect.get(target, key)
      return () => {
        hasFailed = true
        throw new Error('database or disk is full')
      }
    },
  })
  return { ...store, attempts }
}

describe('the job runner', () => {
  it.each(['end', 'add', 'addLogLine'] as const)(
    'outlives a store that fails to %s, and ends the job',
    async (name) => {
      const { log, lines } = collectingLog()
      const policy = { ...airbyteRetryPolicy, maxCompleteFailuresInRow: 1 }
      const runner = jobRunner({
        store: failingOnce(name),
        policy,
        workers: 1,
        log,
        compileCacheDir: join(folder, 'compile-cache'),
      })
      const job = runner.start(connection)
      await eventually(() => store.jobs.find(job.id)?.status === 'failed' || undefined)
      // The definition "none" has no connector, but a sync whose log cannot be written does not get that far.
      const [attempt] = store.attempts.listOfJob(job.id)
      expect(attempt?.failures[0]?.externalMessage).toMatch(name === 'addLogLine' ? /disk is full/ : /No connector/)
      if (name !== 'addLogLine') expect(lines.join()).toContain('disk is full')
      await runner.close()
    },
  )

  it('takes up a job on a disk that is full, and ends it when there is room', async () => {
    const jobId = store.jobs.add(connection.id, [], new Date())
    store.attempts.add(jobId, 0, new Date())
    store.jobs.become(jobId, 'running', new Date())
    const { log, lines } = collectingLog()
    const runner = jobRunner({
      ...{ store: failingOnce('end'), policy: airbyteRetryPolicy, workers: 1, log },
      compileCacheDir: join(folder, 'compile-cache'),
    })
    runner.resume()
    expect(lines.join()).toContain('disk is full')
    await eventually(() => store.jobs.find(jobId)?.status === 'failed' || undefined)
    expect(store.attempts.listOfJob(jobId)).toHaveLength(2)
    await runner.close()
  })

  it('that a clock set back would keep waiting for days waits no longer than any other', async () => {
    const jobId = store.jobs.add(connection.id, [], new Date())
    store.jobs.become(jobId, 'running', new Date())
    store.jobs.become(jobId, 'incomplete', new Date(), new Date(Date.now() + 5 * 24 * 3_600_000))
    const runner = jobRunner({
      ...{ store, policy: { ...airbyteRetryPolicy, maxBackoffMs: 10 }, workers: 1, log: collectingLog().log },
      compileCacheDir: join(folder, 'compile-cache'),
    })
    runner.resume()
    await eventually(() => store.jobs.find(jobId)?.status === 'failed' || undefined)
    await runner.close()
  })

  const runnerOf = (log = collectingLog().log, changed = store) =>
    jobRunner({
      ...{
        store: changed,
        policy: airbyteRetryPolicy,
        workers: 1,
        log,
        compileCacheDir: join(folder, 'compile-cache'),
      },
    })
  /** A job in the middle of its first attempt, as a killed engine leaves it. */
  const interrupted = (connectionId = connection.id) => {
    const jobId = store.jobs.add(connectionId, [], new Date())
    store.attempts.add(jobId, 0, new Date())
    store.jobs.become(jobId, 'running', new Date())
    return jobId
  }
  const statusOf = (jobId: number) => store.jobs.find(jobId)?.status

  it.each(['/nonexistent/node', 'no\0path'])(
    'outlives that no process can be started (%j), and says so in the attempt',
    async (path) => {
      const runner = jobRunner({
        ...{ store, policy: { ...airbyteRetryPolicy, maxCompleteFailuresInRow: 1 }, workers: 1 },
        ...{ log: collectingLog().log, compileCacheDir: join(folder, 'compile-cache') },
      })
      process.execPath = path
      try {
        const job = runner.start(connection)
        await eventually(() => statusOf(job.id) === 'failed' || undefined)
        const [attempt] = store.attempts.listOfJob(job.id)
        expect(attempt?.failures[0]?.externalMessage).toMatch(/^No process could be started for the sync: /)
      } finally {
        process.execPath = execPath
      }
      await runner.close()
    },
  )

  it('ends an attempt and its job together or not at all', async () => {
    const { log, lines } = collectingLog()
    const become: Store['jobs']['become'] = (id, status, ...rest) => {
      if (status === 'failed') throw new Error('database or disk is full')
      store.jobs.become(id, status, ...rest)
    }
    const runner = runnerOf(log, { ...store, jobs: { ...store.jobs, become } })
    const job = runner.start(connection)
    await eventually(() => lines.join().includes('disk is full') || undefined)
    expect(store.attempts.listOfJob(job.id)[0]?.status).toBe('running')
    expect(statusOf(job.id)).toBe('running')
    await runner.close()
  })

  it('cancels what an earlier engine was cancelling, and what has no connection any more', async () => {
    const cancelled = interrupted()
    store.attempts.willFail(cancelled, 0, [
      { failureOrigin: 'airbyte_platform', failureType: 'manual_cancellation', externalMessage: '', timestamp: 0 },
    ])
    const orphan = interrupted('deleted')
    const runner = runnerOf()
    runner.resume()
    expect(statusOf(cancelled)).toBe('cancelled')
    await eventually(() => statusOf(orphan) === 'cancelled' || undefined)
    await runner.close()
  })

  it('keeps on with a job whose cancelling could not be saved', async () => {
    let isFull = true
    const attempts = new Proxy(store.attempts, {
      get: (target, key) => {
        if (key !== 'end' || !isFull) return Reflect.get(target, key)
        return () => {
          throw new Error('database or disk is full')
        }
      },
    })
    const { log, lines } = collectingLog()
    const runner = runnerOf(log, { ...store, attempts })
    const job = runner.start(connection)
    await eventually(() => lines.join().includes('disk is full') || undefined)
    await expect(runner.cancel(connection.id)).rejects.toThrow('disk is full')
    isFull = false
    await eventually(() => statusOf(job.id) === 'failed' || undefined)
    await runner.close()
  })

  it('cancels also the job that begins while another is cancelled, when its connection is to be deleted', async () => {
    const runner = runnerOf()
    const first = runner.start(connection)
    let looks = 0
    let second = 0
    await runner.cancelAll(() => {
      looks += 1
      if (looks === 2) second = runner.start(connection).id
      return [connection.id]
    })
    expect([statusOf(first.id), statusOf(second)]).toEqual(['cancelled', 'cancelled'])
    await runner.close()
  })
})
