// Preloaded into the functions' process, whose standard input is a pipe from the local stack. When the pipe ends, because the
// stack closes it or was killed, the children (esbuild) are ended and reaped, then this process ends.
import childProcess, { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { syncBuiltinESMExports } from 'node:module'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  const children = new Set<ChildProcess>()
  childProcess.spawn = new Proxy(childProcess.spawn, {
    apply: (spawn, self, options) => {
      const child = Reflect.apply(spawn, self, options) as ChildProcess
      children.add(child)
      child.once('exit', () => children.delete(child))
      return child
    },
  })
  syncBuiltinESMExports()
  process.stdin.resume().on('end', async () => {
    const ended = [...children].map(async (child) => {
      // esbuild's service does not keep its parent from exiting; here it has to.
      child.ref()
      child.kill('SIGKILL')
      await once(child, 'exit')
    })
    await Promise.all(ended)
    process.exit(0)
  })
  // A process that has failed to start must not be kept by the pipe.
  if ('unref' in process.stdin) process.stdin.unref()
}
