import type { ChildProcess } from 'node:child_process'

const running = new Set<ChildProcess>()

/** Has the child's whole process group killed when this process exits, however it does. For children spawned `detached`. */
export const endWithThisProcess = <Child extends ChildProcess>(child: Child): Child => {
  // Before other exit hooks, which may remove what the children use.
  if (running.size === 0) process.prependOnceListener('exit', killAll)
  running.add(child)
  child.once('exit', () => {
    running.delete(child)
    // Before other exit hooks, which may remove what the children use.
    if (running.size === 0) process.off('exit', killAll)
  })
  return child
}

/** Kills the group of a detached child, also what is left of it after the child's own end. */
export const killGroup = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

const killAll = () => {
  for (const child of running) killGroup(child)
}
