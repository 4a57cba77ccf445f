// Imported before what logs: keeps what is written, instead of printing it.
process.env.POWERTOOLS_LOG_LEVEL = 'DEBUG'

/** Everything that went to stdout and stderr, logs and metrics among it. */
export const written: string[] = []

for (const stream of [process.stdout, process.stderr])
  stream.write = (chunk: Uint8Array | string) => {
    written.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
    return true
  }
