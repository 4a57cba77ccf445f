import { createHash } from 'node:crypto'

/** Postgres cuts longer names off without a word (NAMEDATALEN - 1). */
const maxNameBytes = 63
/** Columns that every table has already, and names that no column can have. */
const systemColumns = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']

/** `name` itself where Postgres can keep it; else its beginning and 8 hex digits of its SHA-256: always the same ones. */
export const legalName = (name: string): string =>
  name !== '' && !name.includes('\0') && Buffer.byteLength(name) <= maxNameBytes ? name : marked(name, 8)

/**
 * Names of columns, in order, none of them among `reserved` or the system's, none twice: a name that is taken gets digits of
 * its own hash, as long names do.
 */
export const columnNames = (names: readonly string[], reserved: readonly string[]): readonly string[] => {
  // Names that need no change come first, whatever the order: a changed one must not take their place.
  const taken = new Set([...reserved, ...systemColumns])
  const kept = new Set(names.filter((name) => legalName(name) === name && !taken.has(name)))
  for (const name of kept) taken.add(name)
  return names.map((name) => {
    if (kept.has(name)) return name
    let digits = 8
    let candidate = marked(name, digits)
    while (taken.has(candidate)) candidate = marked(name, ++digits)
    taken.add(candidate)
    return candidate
  })
}

const marked = (name: string, digits: number): string => {
  const mark = `_${createHash('sha256').update(name).digest('hex').slice(0, digits)}`
  let bytes = Buffer.from(name.replaceAll('\0', ''), 'utf8').subarray(0, maxNameBytes - mark.length)
  // Not in the middle of a character.
  while (bytes.length > 0 && bytes.toString('utf8').endsWith('\ufffd')) bytes = bytes.subarray(0, -1)
  return bytes.toString('utf8') + mark
}
