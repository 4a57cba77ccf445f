/** All must be gone within 3 s of a signal. */
const patienceMs = 2500

/**
 * At the first SIGINT, SIGTERM or SIGHUP: aborts what is returned, runs `stop` and exits with `exitCode`. Later signals change
 * nothing; a `stop` that takes too long is cut off: what is left then ends with this process.
 */
export const stopOnSignal = (stop: () => Promise<unknown>, exitCode: number): AbortSignal => {
  const stopping = new AbortController()
  const onSignal = () => {
    if (stopping.signal.aborted) return
    stopping.abort()
    setTimeout(() => {
      process.stderr.write(`Stopping takes longer than ${patienceMs} ms: what is left is killed.\n`)
      process.exit(1)
    }, patienceMs)
    stop().then(
      () => process.exit(exitCode),
      () => process.exit(1),
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  return stopping.signal
}
