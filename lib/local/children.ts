import type { ChildProcess } from 'node:child_process'

const running = new Set<ChildProcess>()

/** Has the child's whole process group killed when this process exits, however it does. For children spawned `detached`. */
export const endWithThisProcess = <Child extends ChildProcess>(child: Child): Child => {
  if (running.size === 0) process.once('exit', killAll)
  running.add(child)
  child.once('exit', () => {
    running.delete(child)
    if (running.size === 0) process.off('exit', killAll)
  })
  return child
}

/** Signals the group of a detached child, also what is left of it after the child's own end. */
export const signalGroup = ({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void => {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // Gone already.
  }
}

const killAll = () => {
  for (const child of running) signalGroup(child, 'SIGKILL')
}
