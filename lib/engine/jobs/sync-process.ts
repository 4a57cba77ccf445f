import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { FailureReason, StreamStatistics } from '../job.ts'
import type { FromProcess, ToProcess } from '../sync/messages.ts'
import type { SyncOrder } from './sync-order.ts'

/** How long a cancelled sync may take to give its connections back before its process is killed. */
const cancelGraceMs = 1_000

export interface SyncEvents {
  statistics(streams: readonly StreamStatistics[]): void
  state(message: Extract<FromProcess, { type: 'state' }>): void
  log(text: string): void
  /** Once. Statistics are absent when the process died without a word. */
  ended(failures: readonly FailureReason[], streams?: readonly StreamStatistics[]): void
}

/** A running sync. */
export interface SyncProcess {
  /** Ends the sync, by force after a second; `ended` is called before it resolves. */
  cancel(): Promise<void>
}

const entryFile = fileURLToPath(new URL('../sync/worker.ts', import.meta.url))

/**
 * Forks sync processes. One is kept waiting with its modules loaded, which takes most of a second off a short sync; it is
 * replaced only when no sync runs, so that the replacement takes no processor time from the sync that it makes room for.
 */
export const syncProcesses = (compileCacheDir: string) => {
  const alive = new Set<ChildProcess>()
  let warm: ChildProcess | undefined
  let isClosed = false

  const forkOne = (): ChildProcess => {
    // Nothing that tells one sync from another may stand in the arguments: any user of the machine can read them.
    const child = fork(entryFile, {
      // Rows live outside of V8's heap: its young generation would only grow, by 50 MB.
      execArgv: ['--max-semi-space-size=4'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {
        // Compiled code, the entry's own included: a process that finds all of it there starts in a third of the time,
        // and without the type stripper, which takes 25 MB.
        NODE_COMPILE_CACHE: compileCacheDir,
        ...env,
        // Pages are freed on other threads than they are made on: in the many arenas of glibc, and in what the allocator
        // of the Snappy library holds back, a third more memory piles up.
        MALLOC_ARENA_MAX: '2',
        MIMALLOC_PURGE_DELAY: '0',
      },
    })
    alive.add(child)
    child.once('exit', () => {
      alive.delete(child)
      if (warm === child) warm = undefined
    })
    child.on('error', () => {
      // One that never started has no exit to show it.
      if (child.pid === undefined) alive.delete(child)
    })
    return child
  }
  return {
    /** Makes sure that a process waits, and has loaded what these connectors need. */
    prepare(definitionIds: readonly string[]): void {
      if (isClosed) return
      try {
        warm ??= forkOne()
        send(warm, { type: 'prepare', definitionIds })
      } catch {
        // A machine without memory, most likely: told by the next sync if it is still so then.
      }
    },

    run(order: SyncOrder, events: SyncEvents): SyncProcess {
      const waiting = warm
      warm = undefined
      try {
        return runIn(waiting?.connected ? waiting : forkOne(), order, events)
      } catch (error) {
        queueMicrotask(() => events.ended([notStarted(error)]))
        return { cancel: async () => undefined }
      }
    },

    /** Resolves when no process is left; those that do not go within a second are killed. Cancel syncs before. */
    async close(): Promise<void> {
      isClosed = true
      const left = [...alive]
      const exits = left.map((child) => once(child, 'exit'))
      for (const child of left) if (child.connected) child.disconnect()
      const kill = setTimeout(() => {
        for (const child of left) child.kill('SIGKILL')
      }, cancelGraceMs)
      await Promise.allSettled(exits)
      clearTimeout(kill)
    },
  }
}

const runIn = (child: ChildProcess, order: SyncOrder, events: SyncEvents): SyncProcess => {
  let hasEnded = false
  const end = (failures: readonly FailureReason[], streams?: readonly StreamStatistics[]) => {
    if (hasEnded) return
    hasEnded = true
    events.ended(failures, streams)
  }
  const deliver = (message: FromProcess) => {
    if (message.type === 'statistics') events.statistics(message.streams)
    if (message.type === 'state') events.state(message)
    if (message.type === 'log') events.log(message.text)
    if (message.type === 'ended') end(message.failures, message.streams)
  }
  child.on('message', (message: FromProcess) => {
    if (hasEnded) return
    try {
      deliver(message)
    } catch (error) {
      // Progress that cannot be saved is no progress: the sync would repeat it all.
      end([notSaved(error)])
      child.kill('SIGKILL')
    }
    if (hasEnded && child.connected) child.disconnect()
  })
  const gone = goneOf(child).then((reason) => end([reason]))
  send(child, { type: 'start', order })
  return {
    async cancel() {
      send(child, { type: 'cancel' })
      const kill = setTimeout(() => child.kill('SIGKILL'), cancelGraceMs)
      await gone
      clearTimeout(kill)
    },
  }
}

/** Why the process is gone, once it is. Never rejects. */
const goneOf = async (child: ChildProcess): Promise<FailureReason> => {
  // What the process sent before it died is still in the channel: only its end, and the exit, make the end certain.
  const disconnected = child.connected
    ? new Promise<void>((resolve) => child.once('disconnect', () => resolve()))
    : undefined
  const reason = await new Promise<FailureReason>((resolve) => {
    child.once('exit', (code, signal) => resolve(crash(code, signal)))
    child.on('error', (error) => {
      // One that never started has neither.
      if (child.pid === undefined) resolve(notStarted(error))
    })
  })
  if (child.pid !== undefined) await disconnected
  return reason
}

const send = (child: ChildProcess, message: ToProcess) => {
  if (child.connected) child.send(message, () => undefined)
}

const notStarted = (error: unknown): FailureReason => ({
  failureOrigin: 'replication',
  failureType: 'transient_error',
  externalMessage: `No process could be started for the sync: ${error instanceof Error ? error.message : error}.`,
  timestamp: Date.now(),
})

const notSaved = (error: unknown): FailureReason => ({
  failureOrigin: 'replication',
  failureType: 'transient_error',
  externalMessage: `The engine could not save the progress of the sync: ${error instanceof Error ? error.message : error}.`,
  timestamp: Date.now(),
})

const crash = (code: number | null, signal: string | null): FailureReason => ({
  failureOrigin: 'replication',
  failureType: 'system_error',
  // So end the kernel, and V8, a process that there is no memory for.
  externalMessage: `The sync process ended unexpectedly (${signal ? `signal ${signal}` : `exit code ${code}`})${
    signal === 'SIGKILL' || signal === 'SIGABRT' ? ', perhaps for lack of memory' : ''
  }.`,
  timestamp: Date.now(),
})
