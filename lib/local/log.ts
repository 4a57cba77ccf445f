import type { EngineLog } from '../engine/log.ts'

/** Takes one line for a human. Never handed secrets. */
export type Log = (line: string) => void

/** The engine's log as lines. */
export const engineLog = (log: Log): EngineLog => {
  const write =
    (mark: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      const facts = Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      log(`engine: ${mark}${message}${facts.join('')}`)
    }
  return { info: write(''), warn: write('warning: '), error: write('error: ') }
}
