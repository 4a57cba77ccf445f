import type { Client } from 'pg'
import { IngestionError } from '../../errors.ts'
import type { StreamTarget } from '../connector.ts'
import { quoted } from '../postgres/identifier.ts'
import { legalName } from './identifier.ts'
import { awaitOthers, columnList, createTable, type Table, type TableColumn } from './table.ts'

/** The temporary table that a dedup is loaded into; it ends with its transaction. */
export const stageName = 'airbyte_stage'
const stage = `pg_temp.${stageName}`
const nullsNotDistinctVersion = 150_000

export interface Key {
  readonly columns: readonly TableColumn[]
  readonly cursor: TableColumn | undefined
}

/** The key and cursor of the stream as columns of the table; refuses a key that cannot work. */
export const keyOf = (table: Table, target: StreamTarget): Key => {
  const columnOf = (path: readonly string[]): TableColumn | undefined => {
    const index = target.fields.findIndex((field) => path.length === 1 && field.name === path[0])
    return table.columns[index]
  }
  const { primaryKey, cursorField } = target.stream
  if (primaryKey.length === 0) {
    throw new IngestionError(
      'connector_config',
      `Stream ${target.name} has no primary key: append_dedup needs one; choose it, or use append`,
    )
  }
  const columns = primaryKey.map((path) => {
    const column = columnOf(path)
    if (column) return column
    const message = `Stream ${target.name}: its primary key names "${path.join('.')}", which is not among the columns that are synced`
    throw new IngestionError('connector_config', message)
  })
  return { columns, cursor: columnOf(cursorField) }
}

/** Names that the unique index of a key may have: the second one where an index of another table has the first. */
export const keyIndexNames = (table: Table, oid: string): readonly [string, string] => [
  legalName(`${table.name}_airbyte_key`),
  `airbyte_key_${oid}`,
]

/**
 * Makes sure that the table has one row a key, now and later: a unique index. A table that was appended to before may
 * have several; the newest of them stays. Run in a transaction.
 */
export const ensureUniqueKey = async (client: Client, table: Table, key: Key): Promise<void> => {
  const found = await client.query<{ oid: string; indexes: Record<string, readonly string[]> | null }>(keyIndexes, [
    table.sql,
  ])
  const { oid = '', indexes } = found.rows[0] ?? {}
  const wanted = key.columns.map(({ name }) => name).join('\0')
  const names = keyIndexNames(table, oid)
  for (const name of names) {
    const columns = indexes?.[name]
    if (columns?.join('\0') === wanted) return
    if (columns) await client.query(`DROP INDEX ${quoted(table.schema)}.${quoted(name)}`)
  }
  const taken = await client.query(
    'SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2',
    [table.schema, names[0]],
  )
  const index = names[taken.rowCount === 0 ? 0 : 1]
  const keys = key.columns.map(({ name }) => quoted(name)).join(', ')
  await client.query(keepNewest(table.sql, key))
  const version = await client.query<{ version: string }>(`SELECT current_setting('server_version_num') AS version`)
  const nulls = Number(version.rows[0]?.version) >= nullsNotDistinctVersion ? ' NULLS NOT DISTINCT' : ''
  await client.query(`CREATE UNIQUE INDEX ${quoted(index)} ON ${table.sql} (${keys})${nulls}`)
}

export const createStage = (table: Table): string => createTable(table, stage, 'TEMP TABLE')

/** Of the staged rows, the newest of each key replaces what the table has, unless that is newer still. */
export const mergeStage = async (client: Client, table: Table, key: Key): Promise<void> => {
  const names = key.columns.map(({ name }) => quoted(name))
  await awaitOthers(client, table.schema, table.name)
  await client.query(moreMemory)
  await client.query(`ANALYZE ${stage} (${columnNamesOf(key).join(', ')})`)
  await client.query(keepNewest(stage, key))
  const hasNull = names.map((name) => `s.${name} IS NULL`).join(' OR ')
  const { rows } = await client.query<{ any: boolean }>(
    `SELECT EXISTS (SELECT FROM ${stage} s WHERE ${hasNull}) AS any`,
  )
  // Plain equality, that an index, a hash or a merge can serve, never finds a key with NULL in it; between arrays NULLs are equal.
  await mergeWhere(client, table, key, `NOT (${hasNull})`, names.map((name) => `t.${name} = s.${name}`).join(' AND '))
  if (!rows[0]?.any) return
  const same = names.map((name) => `ARRAY[t.${name}] = ARRAY[s.${name}]`).join(' AND ')
  await mergeWhere(client, table, key, `(${hasNull})`, same)
}

const mergeWhere = async (client: Client, table: Table, key: Key, which: string, same: string): Promise<void> => {
  const columns = columnList(table)
  await client.query(`DELETE FROM ${table.sql} t USING ${stage} s WHERE ${which} AND ${same}${isNewer(key.cursor)}`)
  // Without a cursor nothing in the table is newer: all that has the key is gone.
  const isMissing = key.cursor ? ` AND NOT EXISTS (SELECT FROM ${table.sql} t WHERE ${same})` : ''
  await client.query(
    `INSERT INTO ${table.sql} (${columns}) SELECT ${columns} FROM ${stage} s WHERE ${which}${isMissing}`,
  )
}

/** For sorts and hashes of this transaction, where the server's default of 4 MB would go to disk. */
const moreMemory = `SELECT set_config('work_mem', '64MB', true) FROM pg_settings WHERE name = 'work_mem' AND setting::int < 65536`

/** Removes all but the newest row of each key. Only keys, cursor and place are sorted, not whole rows. */
const keepNewest = (table: string, key: Key): string => {
  const keys = key.columns.map(({ name }) => quoted(name)).join(', ')
  // Partitions have places of their own.
  return `DELETE FROM ${table} t USING (
       SELECT tableoid AS part, ctid AS place, row_number() OVER (PARTITION BY ${keys} ORDER BY ${order(key)}) AS rank
         FROM ${table}
     ) r WHERE t.tableoid = r.part AND t.ctid = r.place AND r.rank > 1`
}

const columnNamesOf = ({ columns, cursor }: Key): readonly string[] => [
  ...new Set([...columns, ...(cursor ? [cursor] : [])].map(({ name }) => quoted(name))),
]

/** The unique indexes of a table with the columns of each. */
const keyIndexes = `
  SELECT t.oid::text, json_object_agg(c.relname, (
           SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number)) FILTER (WHERE c.oid IS NOT NULL) AS indexes
    FROM pg_class t
    LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique AND i.indisvalid
    LEFT JOIN pg_class c ON c.oid = i.indexrelid
   WHERE t.oid = $1::regclass GROUP BY t.oid`

/** Newest first; of rows with the same cursor, or none, the one that came last. */
const order = ({ cursor }: Key): string => (cursor ? `${comparable(cursor)} DESC NULLS LAST, ctid DESC` : 'ctid DESC')

const isNewer = (cursor: TableColumn | undefined): string => {
  if (!cursor) return ''
  return ` AND (t.${quoted(cursor.name)} IS NULL OR ${comparable(cursor, 's.')} >= ${comparable(cursor, 't.')})`
}

/** Text compares by its bytes: a collation can call different values equal. */
const comparable = ({ name, type }: TableColumn, prefix = ''): string =>
  `${prefix}${quoted(name)}${type === 'text' || type === 'character varying' ? ' COLLATE "C"' : ''}`
