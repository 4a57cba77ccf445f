/** All must be gone within 3 s of a signal. */
const patienceMs = 2500

/**
 * At the first SIGINT, SIGTERM or SIGHUP: runs `stop` and exits with 0. Later signals change nothing; a `stop` that takes
 * too long is cut off: what is left then ends with this process. Returns whether a signal came.
 */
export const stopOnSignal = (stop: () => Promise<unknown>): (() => boolean) => {
  let stopping = false
  const onSignal = () => {
    if (stopping) return
    stopping = true
    setTimeout(() => {
      process.stderr.write(`Stopping takes longer than ${patienceMs} ms: what is left is killed.\n`)
      process.exit(1)
    }, patienceMs)
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  return () => stopping
}
