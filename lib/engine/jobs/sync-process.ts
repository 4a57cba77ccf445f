import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
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
  readonly pid: number | undefined
  /** Ends the sync, by force after a second; `ended` is called before it resolves. */
  cancel(): Promise<void>
}

const workerFile = fileURLToPath(new URL('../sync/worker.ts', import.meta.url))

/**
 * Forks sync processes. One is kept waiting with its modules loaded, which takes most of a second off a short sync; it is
 * replaced only when no sync runs, so that the replacement takes no processor time from the sync that it makes room for.
 */
export const syncProcesses = () => {
  let warm: ChildProcess | undefined
  let isClosed = false
  const prepare = () => {
    if (warm || isClosed) return
    const child = forkWorker()
    warm = child
    child.once('exit', () => {
      if (warm === child) warm = undefined
    })
  }
  const take = (): ChildProcess => {
    const child = warm?.connected ? warm : forkWorker()
    warm = undefined
    return child
  }
  return {
    prepare,
    run: (order: SyncOrder, events: SyncEvents): SyncProcess => runIn(take(), order, events),
    close(): void {
      isClosed = true
      // The process ends itself when its channel closes.
      if (warm?.connected) warm.disconnect()
      warm = undefined
    },
  }
}

const forkWorker = (): ChildProcess => {
  // Nothing that tells one sync from another may stand in the arguments: any user of the machine can read them.
  const child = fork(workerFile, [], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  // A process that cannot start or be told shows in its exit.
  child.on('error', () => undefined)
  return child
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
  // What the process sent before it died is still in the channel: only its end, and the exit, make the end certain.
  const gone = Promise.all([once(child, 'exit'), child.connected ? once(child, 'disconnect') : undefined])
  void gone.then(([[code, signal]]) => end([crash(code, signal)]))
  send(child, { type: 'start', order })
  return {
    pid: child.pid,
    async cancel() {
      send(child, { type: 'cancel' })
      const kill = setTimeout(() => child.kill('SIGKILL'), cancelGraceMs)
      await gone
      clearTimeout(kill)
    },
  }
}

const send = (child: ChildProcess, message: ToProcess) => {
  if (child.connected) child.send(message, () => undefined)
}

const notSaved = (error: unknown): FailureReason => ({
  failureOrigin: 'replication',
  failureType: 'transient_error',
  externalMessage: `The engine could not save the progress of the sync: ${error instanceof Error ? error.message : error}.`,
  timestamp: Date.now(),
})

const crash = (code: number | null, signal: string | null): FailureReason => ({
  failureOrigin: 'replication',
  failureType: 'system_error',
  externalMessage: `The sync process ended unexpectedly (${signal ? `signal ${signal}` : `exit code ${code}`}).`,
  timestamp: Date.now(),
})
