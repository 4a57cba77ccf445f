import { setTimeout as delay } from 'node:timers/promises'
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import type pg from 'pg'
import type { RunningS3 } from '../../support/s3.ts'
import { targetSchema } from './connections.ts'
import { itemCount } from './writer.ts'

interface Row {
  id: bigint | number
  version: number
  payload: string
}

const objectsGone = 'the replaced objects were gone for a while'
const watchEveryMs = 5

/** What anybody could see at the destinations, at any moment. Keeps in mind what it has looked at. */
export const audit = (sql: pg.Client, s3: RunningS3) => {
  const known = new Set<string>()
  let hasReplacedObjects = false
  let hasReplacedTable = false

  /** Faults that must never be seen, not even for a moment. */
  const visibleFaults = async (): Promise<string[]> => {
    const faults: string[] = []
    const keys = await s3.keys('lake/')
    for (const key of keys.filter((key) => !known.has(key))) {
      const rows = await rowsOf(s3, key)
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
    for (const table of ['events', 'items'] as const) {
      const { rows } = await sql.query<{ missing: string; more: string }>(differences(table))
      const { missing, more } = rows[0] ?? { missing: '?', more: '?' }
      if (missing !== '0' || more !== '0')
        faults.push(`table ${table}: ${missing} rows missing or different, ${more} rows too many`)
    }
    const items = await objectRows(s3, '/items/')
    const events = await objectRows(s3, '/events/')
    faults.push(...compared('objects of items', await sourceRows(sql, 'items'), items))
    if (items.length !== itemCount) faults.push(`objects of items: ${items.length} rows, not ${itemCount}`)
    const source = await sourceRows(sql, 'events')
    faults.push(...compared('objects of events', source, events))
    const { Uploads } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket }))
    if (Uploads?.length) faults.push(`${Uploads.length} unfinished uploads were left`)
    const { rows: left } = await sql.query(
      `SELECT relname FROM pg_class WHERE relname LIKE '\\_airbyte\\_tmp%' AND relkind = 'r'`,
    )
    if (left.length > 0) faults.push(`${left.length} temporary tables were left`)
    const versions = new Set(events.map(textOf)).size
    return { faults, sourceRows: source.length, appendedRows: events.length, repeatedRows: events.length - versions }
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

const rowsOf = async (s3: RunningS3, key: string): Promise<number | undefined> => {
  try {
    const bytes = await s3.get(key)
    return Number(parquetMetadata(arrayBufferOf(bytes)).num_rows)
  } catch {
    return undefined
  }
}

const arrayBufferOf = (bytes: Uint8Array): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer

const objectRows = async (s3: RunningS3, part: string): Promise<Row[]> => {
  const rows: Row[] = []
  for (const key of await s3.keys('lake/')) {
    if (!key.includes(part)) continue
    const file = arrayBufferOf(await s3.get(key))
    for (const row of await parquetReadObjects({ file, columns: ['id', 'version', 'payload'] })) rows.push(row as never)
  }
  return rows
}

const sourceRows = async (sql: pg.Client, table: string): Promise<Row[]> =>
  (await sql.query<Row>(`SELECT id, version, payload FROM public.${table}`)).rows

const textOf = ({ id, version, payload }: Row): string => `${id} ${version} ${payload}`

const compared = (what: string, source: readonly Row[], found: readonly Row[]): string[] => {
  const texts = new Set(found.map(textOf))
  const missing = source.filter((row) => !texts.has(textOf(row)))
  if (missing.length === 0) return []
  const [first] = missing
  return [`${what}: ${missing.length} rows of the source are missing, the first of them: ${first && textOf(first)}`]
}

const tableRows = async (sql: pg.Client, table: string): Promise<number | undefined> => {
  const { rows } = await sql.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [
    `${targetSchema}.${table}`,
  ])
  if (!rows[0]?.found) return undefined
  const counted = await sql.query<{ n: string }>(`SELECT count(*) AS n FROM ${targetSchema}.${table}`)
  return Number(counted.rows[0]?.n)
}

const differences = (table: 'events' | 'items') => {
  const columns = table === 'events' ? 'id, version, payload, updated_at' : 'id, version, payload'
  const source = `SELECT ${columns} FROM public.${table}`
  const target = `SELECT ${columns} FROM ${targetSchema}.${table}`
  return `SELECT (SELECT count(*) FROM (${source} EXCEPT ALL ${target}) m) AS missing,
                 (SELECT count(*) FROM (${target} EXCEPT ALL ${source}) m) AS more`
}
