import type { JobInfoRead, LogEvent } from './types.ts'

export interface AttemptLog {
  /** Number of the attempt, from 0; undefined before the first. */
  attempt: number | undefined
  /** One entry a line, without line breaks and colours. */
  lines: readonly string[]
}

/** The log of the last attempt, from either shape that generations have. */
export const lastLogOf = ({ attempts }: JobInfoRead): AttemptLog => {
  const last = (attempts ?? [])
    .flatMap((one) => ('attempt' in one ? [one] : []))
    .sort((a, b) => a.attempt.id - b.attempt.id)
    .at(-1)
  const texts = last?.logs?.events?.length ? last.logs.events.map(eventText) : (last?.logs?.logLines ?? [])
  return { attempt: last?.attempt.id, lines: texts.flatMap((text) => text.split(/\r?\n/)).map(plain) }
}

const eventText = ({ timestamp, level, logSource, message, stackTrace }: LogEvent): string =>
  [
    [
      ...(typeof timestamp === 'number' ? [new Date(timestamp).toISOString()] : []),
      ...(logSource ? [logSource] : []),
      ...(level ? [level.toUpperCase()] : []),
      message ?? '',
    ].join(' '),
    ...(stackTrace ? [stackTrace] : []),
  ].join('\n')

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours, which connectors write
const plain = (line: string) => line.replace(/\u001b\[[0-9;]*m/g, '')
