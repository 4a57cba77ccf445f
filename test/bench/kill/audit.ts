import { setTimeout as delay } from 'node:timers/promises'
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import type pg from 'pg'
import type { RunningS3 } from '../../support/s3.ts'
import { targetSchema } from './connections.ts'
import { rowsOf } from './postgres-source.ts'
import { itemCount, type SourceRow, type SourceServer } from './source-server.ts'

const objectsGone = 'the replaced objects were gone for a while'
const watchEveryMs = 5

/** What anybody could see at the destinations, at any moment. Keeps in mind what it has looked at. */
export const audit = (source: SourceServer, sql: pg.Client, s3: RunningS3) => {
  const known = new Set<string>()
  let hasReplacedObjects = false
  let hasReplacedTable = false

  /** Faults that must never be seen, not even for a moment. */
  const visibleFaults = async (): Promise<string[]> => {
    const faults: string[] = []
    const keys = await s3.keys('lake/')
    for (const key of keys.filter((key) => !known.has(key))) {
      const rows = await rowsIn(s3, key)
      if (rows === undefined) faults.push(`${key} is no whole Parquet file`)
      if (key.includes('/items/') && rows !== itemCount) faults.push(`${key} has ${rows} items, not all ${itemCount}`)
      known.add(key)
    }
    const hasItems = keys.some((key) => key.includes('/items/'))
    if (hasReplacedObjects && !hasItems) faults.push(objectsGone)
    hasReplacedObjects ||= hasItems
    const count = await tableRows(sql, 'items')
    if (count === undefined ? hasReplacedTable : count !== itemCount)
      faults.push(`the replaced table had ${count ?? 'no'} rows for a while, not ${itemCount}`)
    hasReplacedTable ||= count !== undefined
    return faults
  }

  /** After the last sync has succeeded and nothing is written any more: what is missing, doubled or different. */
  const finalFaults = async () => {
    const faults = await visibleFaults()
    const events = await source.rows('events')
    const items = await source.rows('items')
    const appended = await objectRows(s3, '/events/')
    faults.push(...differences('table events', events, await rowsOf(sql, `${targetSchema}.events`, true)))
    faults.push(...differences('table items', items, await rowsOf(sql, `${targetSchema}.items`, false)))
    faults.push(...differences('objects of items', items, await objectRows(s3, '/items/')))
    // What was appended stays: every version that a sync has met, some of them twice.
    const met = new Set(appended.map(textOf))
    faults.push(
      ...missing(
        'objects of events',
        events.map(textOf).filter((text) => !met.has(text)),
      ),
    )
    const { Uploads } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket }))
    if (Uploads?.length) faults.push(`${Uploads.length} unfinished uploads were left`)
    const { rows: left } = await sql.query(
      `SELECT relname FROM pg_class WHERE relname LIKE '\\_airbyte\\_tmp%' AND relkind = 'r'`,
    )
    if (left.length > 0) faults.push(`${left.length} temporary tables were left`)
    return {
      faults,
      sourceRows: events.length,
      appendedRows: appended.length,
      repeatedRows: appended.length - met.size,
    }
  }

  /** Looks again and again until aborted: is there a moment at which the replaced objects are gone? */
  const watchObjects = async (signal: AbortSignal): Promise<string[]> => {
    while (!signal.aborted) {
      const keys = await s3.keys('lake/')
      if (hasReplacedObjects && !keys.some((key) => key.includes('/items/'))) return [objectsGone]
      await delay(watchEveryMs)
    }
    return []
  }

  return { visibleFaults, finalFaults, watchObjects }
}

const rowsIn = async (s3: RunningS3, key: string): Promise<number | undefined> => {
  try {
    const bytes = await s3.get(key)
    return Number(parquetMetadata(arrayBufferOf(bytes)).num_rows)
  } catch {
    return undefined
  }
}

const arrayBufferOf = (bytes: Uint8Array): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer

/** Without their times, which the other rows are compared by. */
const objectRows = async (s3: RunningS3, part: string): Promise<SourceRow[]> => {
  const rows: SourceRow[] = []
  for (const key of await s3.keys('lake/')) {
    if (!key.includes(part)) continue
    const file = arrayBufferOf(await s3.get(key))
    for (const row of await parquetReadObjects({ file, columns: ['id', 'version', 'payload'] })) rows.push(row as never)
  }
  return rows
}

const textOf = ({ id, version, payload }: SourceRow): string => `${id} ${version} ${payload}`
const timedTextOf = (row: SourceRow): string => `${textOf(row)} ${row.updatedAt ?? ''}`

/** Which rows of the source are missing, and which others are there. */
const differences = (what: string, source: readonly SourceRow[], found: readonly SourceRow[]): string[] => {
  const expected = new Map<string, number>()
  for (const text of source.map(timedTextOf)) expected.set(text, (expected.get(text) ?? 0) + 1)
  const more: string[] = []
  for (const text of found.map(timedTextOf)) {
    const left = expected.get(text) ?? 0
    if (left > 0) expected.set(text, left - 1)
    else more.push(text)
  }
  const lost = [...expected].filter(([, left]) => left > 0).map(([text]) => text)
  const tooMany = more.length > 0 ? [`${what}: ${more.length} rows too many, the first of them: ${more[0]}`] : []
  return [...missing(what, lost), ...tooMany]
}

const missing = (what: string, rows: readonly string[]): string[] =>
  rows.length > 0 ? [`${what}: ${rows.length} rows of the source are missing, the first of them: ${rows[0]}`] : []

const tableRows = async (sql: pg.Client, table: string): Promise<number | undefined> => {
  const { rows } = await sql.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [
    `${targetSchema}.${table}`,
  ])
  if (!rows[0]?.found) return undefined
  const counted = await sql.query<{ n: string }>(`SELECT count(*) AS n FROM ${targetSchema}.${table}`)
  return Number(counted.rows[0]?.n)
}
