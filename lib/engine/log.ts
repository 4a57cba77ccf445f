/** Where the engine tells what it does: ids, counts and durations, never a configuration. `console` is one. */
export interface EngineLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** One line per message on stderr, so that stdout stays free for what a program reads. */
export const stderrLog: EngineLog = {
  info: (message, fields) => write('info', message, fields),
  warn: (message, fields) => write('warn', message, fields),
  error: (message, fields) => write('error', message, fields),
}

const write = (level: string, message: string, fields: Readonly<Record<string, unknown>> = {}) => {
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  process.stderr.write(`${new Date().toISOString()} ${level} ${message}${facts.join('')}\n`)
}
