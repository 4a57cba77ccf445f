import { mask } from '../config/mask-secrets.ts'

/** Members whose values are secrets, as they are spelled in configurations, queries and headers. */
const name = String.raw`[\w.-]{0,40}(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|credentials?|authorization|sas)[\w.-]{0,40}`

/** Text before a secret in the first group, the secret in the last. */
const patterns: readonly RegExp[] = [
  // "password": "x", also inside JSON that was quoted once more
  new RegExp(String.raw`(["\\]${name}\\?"\s*:\s*\\?")((?:\\.|[^"\\])+)`, 'gi'),
  // password=x, token: x
  new RegExp(String.raw`(\b${name}\s*[=:]\s*(?:(?:bearer|basic)\s+)?)(?!["\\\s])([^\s,;&)"']+)`, 'gi'),
  /(\b(?:bearer|basic)\s+)([\w.~+/=-]{8,})/gi,
  // postgres://user:x@host; the last @ ends it, since passwords may hold one
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)([^\s/]+)(?=@)/gi,
  /()(\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)/g,
  /()(\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)/g,
]

const longestLine = 4_000

/** Lines of a log with whatever looks like a secret replaced, long ones cut. Airbyte masks what it knows; connectors and drivers quote the rest. */
export const maskLog = (lines: readonly string[]): string[] => {
  let isInKey = false
  return lines.map((line) => {
    const begins = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line)
    const isSecret = isInKey || begins
    isInKey = isSecret && !/-----END [A-Z ]*PRIVATE KEY-----/.test(line)
    return isSecret ? mask : maskLine(line.length > longestLine ? `${line.slice(0, longestLine)}…` : line)
  })
}

const maskLine = (line: string): string =>
  patterns.reduce((text, pattern) => text.replace(pattern, (_all, before: string) => `${before}${mask}`), line)
