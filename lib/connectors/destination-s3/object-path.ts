import { createHash } from 'node:crypto'
import type { SyncIdentity } from '../connector.ts'

/** What the names of one stream's objects depend on. */
export interface PathInput {
  /** Folder in the bucket, without slashes at its ends. */
  readonly path: string
  readonly pathFormat: string
  readonly fileNamePattern: string
  /** With its dot. */
  readonly extension: string
  readonly namespace: string | undefined
  readonly name: string
  readonly sync: SyncIdentity
  /** When this writer was opened. */
  readonly openedAt: Date
  readonly uuid: string
}

export interface ObjectPaths {
  /** Never the same for two parts, attempts, jobs, streams or connections, whatever the templates leave out. */
  key(part: number): string
  /** What all keys of the stream begin with. */
  readonly prefix: string
  /** True for any data object of the stream, whichever sync or connection wrote it, and for what Airbyte names like one. */
  isOfStream(key: string): boolean
  /** True for what this connection wrote in whatever sync. */
  isOfConnection(key: string): boolean
  /** True for what this very attempt wrote. */
  isOfAttempt(key: string): boolean
}

/** One piece of a template: its text in a key, and the pattern of that text in any sync. */
interface Piece {
  readonly text: string
  readonly pattern: string
  readonly fixed: boolean
}

const variable = /\$\{([A-Za-z_]+)\}|\{([a-z_]+)(?::([^}]*))?\}/g
const pathVariables = 'NAMESPACE STREAM_NAME YEAR MONTH DAY HOUR MINUTE SECOND MILLISECOND EPOCH UUID'.split(' ')
const nameVariables = 'date timestamp part_number sync_id format_extension'.split(' ')
const anyExtension = '\\.(?:parquet|avro|jsonl|csv)(?:\\.gz)?'

/** What is wrong with a path or file name template; undefined when nothing is. */
export const templateFault = (template: string): string | undefined => {
  for (const [whole, path, name] of template.matchAll(variable)) {
    if (path && !pathVariables.includes(path.toUpperCase())) {
      return `has the unknown variable ${whole}: use ${pathVariables.join(', ')}`
    }
    if (name && !nameVariables.includes(name))
      return `has the unknown variable ${whole}: use ${nameVariables.join(', ')}`
  }
  return undefined
}

export const objectPaths = (input: PathInput): ObjectPaths => {
  const connection = shortHash(input.sync.connectionId)
  const stream = shortHash(JSON.stringify([input.namespace, input.name]))
  const { jobId, attempt } = input.sync
  const tag = `-${connection}${stream}-${jobId}-${attempt}`
  const name = input.fileNamePattern.replaceAll('{format_extension}', '')
  const part = name.includes('{part_number}') ? '' : '-{part_number}'
  const stem = [...(input.path ? [fixed(`${input.path}/`)] : []), ...pieces(input.pathFormat + name + part, input)]
  const prefix = collapsed(textOf(stem.slice(0, firstVaryingAt(stem)))).replace(/^\//, '')
  const matching = (tags: string) =>
    new RegExp(`^${collapsedPattern(stem.map((piece) => piece.pattern).join(''))}${tags}${anyExtension}$`, 'u')
  // The tag tells streams apart where the templates do not, such as `a_b` of `c` from `b_c` of `a` in NAMESPACE_STREAM_NAME.
  const ofStream = matching(`(?:-[0-9a-f]{8}${stream}-\\d+-\\d+)?`)
  const own = matching(`-${connection}${stream}-\\d+-\\d+`)
  const ofAttempt = matching(tag)
  return {
    key: (number) => {
      const text = collapsed(textOf(stem).replaceAll(partMark, String(number))).replace(/^\//, '')
      return `${text}${tag}${input.extension}`
    },
    prefix,
    isOfStream: (key) => ofStream.test(key),
    isOfConnection: (key) => own.test(key),
    isOfAttempt: (key) => ofAttempt.test(key),
  }
}

/** Stands for the part number until a key is asked for; no name holds it, since control characters are escaped. */
const partMark = '\u0000'

const pieces = (template: string, input: PathInput): Piece[] => {
  const found: Piece[] = []
  let from = 0
  for (const match of template.matchAll(variable)) {
    if (match.index > from) found.push(fixed(template.slice(from, match.index)))
    found.push(match[1] ? pathPiece(match[1].toUpperCase(), input) : namePiece(match[2] ?? '', match[3], input))
    from = match.index + match[0].length
  }
  if (from < template.length) found.push(fixed(template.slice(from)))
  return found
}

const pathPiece = (name: string, { namespace, name: stream, openedAt, uuid }: PathInput): Piece => {
  const iso = openedAt.toISOString()
  switch (name) {
    case 'NAMESPACE':
      return fixed(safeName(namespace ?? ''))
    case 'STREAM_NAME':
      return fixed(safeName(stream))
    case 'YEAR':
      return varying(iso.slice(0, 4), '\\d{4}')
    case 'MONTH':
      return varying(iso.slice(5, 7), '\\d{2}')
    case 'DAY':
      return varying(iso.slice(8, 10), '\\d{2}')
    case 'HOUR':
      return varying(iso.slice(11, 13), '\\d{2}')
    case 'MINUTE':
      return varying(iso.slice(14, 16), '\\d{2}')
    case 'SECOND':
      return varying(iso.slice(17, 19), '\\d{2}')
    case 'MILLISECOND':
      return varying(iso.slice(20, 23), '\\d{3,4}')
    case 'EPOCH':
      return varying(String(openedAt.getTime()), '\\d+')
    default:
      return varying(uuid, '[0-9a-f-]{36}')
  }
}

const namePiece = (name: string, format: string | undefined, { sync, openedAt }: PathInput): Piece => {
  switch (name) {
    case 'date':
      return datePiece(openedAt, format ?? 'yyyy_MM_dd')
    case 'timestamp':
      return format ? datePiece(openedAt, format) : varying(String(openedAt.getTime()), '\\d+')
    case 'sync_id':
      return varying(String(sync.jobId), '\\d+')
    default:
      return varying(partMark, '\\d+')
  }
}

const fixed = (text: string): Piece => ({ text, pattern: RegExp.escape(text), fixed: true })
const varying = (text: string, pattern: string): Piece => ({ text, pattern, fixed: false })
const textOf = (all: readonly Piece[]): string => all.map((piece) => piece.text).join('')
/** `collapsed`, and without a slash in front, for a pattern, where every slash of a text is escaped. */
const collapsedPattern = (pattern: string): string => pattern.replace(/(?:\\\/){2,}/g, '\\/').replace(/^\\\//, '')
const collapsed = (text: string): string => text.replace(/\/{2,}/g, '/')
const firstVaryingAt = (all: readonly Piece[]): number => {
  const at = all.findIndex((piece) => !piece.fixed)
  return at < 0 ? all.length : at
}

/** A name as one segment of a key: what would split or end it is percent-encoded, the rest stays readable. */
const safeName = (name: string): string =>
  name === '.' || name === '..'
    ? name.replaceAll('.', '%2E')
    : name.replace(
        /[\p{Cc}%/\\]/gu,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
      )

/** Where each part of a date stands in an ISO text. */
const dateParts: Readonly<Record<string, number>> = { yyyy: 0, MM: 5, dd: 8, HH: 11, mm: 14, ss: 17 }

const datePiece = (date: Date, format: string): Piece => {
  const iso = date.toISOString()
  const found = format.split(/(yyyy|MM|dd|HH|mm|ss)/).map((part): Piece => {
    const at = dateParts[part]
    return at === undefined ? fixed(part) : varying(iso.slice(at, at + part.length), `\\d{${part.length}}`)
  })
  return varying(textOf(found), found.map((piece) => piece.pattern).join(''))
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)
