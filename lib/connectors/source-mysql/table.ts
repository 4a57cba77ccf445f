import type { Connection } from 'mysql2'
import { query } from './connection.ts'
import { quoted } from './type-mapping.ts'

/** A column as information_schema describes it. */
export interface TableColumn {
  readonly name: string
  /** Lower case, such as `bigint`. */
  readonly dataType: string
  /** With length and attributes, such as `bigint(20) unsigned`. */
  readonly columnType: string
  readonly precision: number
  readonly scale: number
  /** Null for what is not text, and for binary strings. */
  readonly charset: string | null
  readonly nullable: boolean
}

export interface Table {
  readonly name: string
  readonly columns: readonly TableColumn[]
  /** In key order; empty without a primary key. */
  readonly primaryKey: readonly string[]
}

/** MariaDB also knows sequences; a table WITH SYSTEM VERSIONING has its own type there. */
const tableTypes = ['BASE TABLE', 'VIEW', 'SYSTEM VERSIONED']

/** Tables and views of `database` in name order; only `name`, when given. */
export const readTables = async (
  connection: Connection,
  database: string,
  name?: string,
): Promise<readonly Table[]> => {
  const only = name === undefined ? '' : ' AND c.TABLE_NAME = ?'
  const values = name === undefined ? [database] : [database, name]
  const columns = await query(
    connection,
    `SELECT c.TABLE_NAME AS t, c.COLUMN_NAME AS name, LOWER(c.DATA_TYPE) AS dataType, LOWER(c.COLUMN_TYPE) AS columnType,
            c.NUMERIC_PRECISION AS prec, c.NUMERIC_SCALE AS scale, c.CHARACTER_SET_NAME AS charset, c.COLLATION_NAME AS collation, c.IS_NULLABLE AS nullable
       FROM information_schema.COLUMNS c
       JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
      WHERE c.TABLE_SCHEMA = ?${only} AND t.TABLE_TYPE IN (${tableTypes.map((type) => `'${type}'`).join(', ')})
      ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION`,
    values,
  )
  const keys = await query(
    connection,
    `SELECT c.TABLE_NAME AS t, c.COLUMN_NAME AS name
       FROM information_schema.KEY_COLUMN_USAGE c
      WHERE c.TABLE_SCHEMA = ?${only} AND c.CONSTRAINT_NAME = 'PRIMARY'
      ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION`,
    values,
  )
  const json = await jsonColumns(connection, database, columns)
  const keyOf = Map.groupBy(keys, (row) => String(row.t))
  return [...Map.groupBy(columns, (row) => String(row.t))].map(([table, rows]) => ({
    name: table,
    columns: rows.map((row) => ({
      name: String(row.name),
      dataType: json.has(`${table}\0${row.name}`) ? 'json' : String(row.dataType),
      columnType: String(row.columnType),
      precision: Number(row.prec ?? 0),
      scale: Number(row.scale ?? 0),
      charset: row.charset === null ? null : String(row.charset),
      nullable: row.nullable !== 'NO',
    })),
    // The key of a table WITH SYSTEM VERSIONING ends in a column that nobody sees.
    primaryKey: (keyOf.get(table) ?? [])
      .map((row) => String(row.name))
      .filter((key) => rows.some(({ name }) => name === key)),
  }))
}

/**
 * MariaDB's JSON is a longtext that carries the check `json_valid(column)`; who may only SELECT does not see it among the
 * checks, but in the definition of the table. MySQL has no such columns to find.
 */
const jsonColumns = async (
  connection: Connection,
  database: string,
  columns: readonly Readonly<Record<string, unknown>>[],
): Promise<ReadonlySet<string>> => {
  const found = await checkedColumns(connection, database)
  if (!found) return new Set()
  const candidates = columns
    .filter(({ dataType, collation }) => dataType === 'longtext' && collation === 'utf8mb4_bin')
    .filter(({ t, name }) => !found.has(`${t}\0${name}`))
  for (const [table, rows] of Map.groupBy(candidates, ({ t }) => String(t))) {
    const definition = await definitionOf(connection, database, table)
    for (const { name } of rows)
      if (definition.includes(`CHECK (json_valid(${quoted(String(name))}))`)) found.add(`${table}\0${name}`)
  }
  return found
}

/** Undefined for MySQL: its view of that name has other columns, and before 8.0.16 there is none. */
const checkedColumns = async (connection: Connection, database: string): Promise<Set<string> | undefined> => {
  try {
    const rows = await query(
      connection,
      `SELECT TABLE_NAME AS t, CONSTRAINT_NAME AS name FROM information_schema.CHECK_CONSTRAINTS
        WHERE CONSTRAINT_SCHEMA = ? AND LEVEL = 'Column' AND CHECK_CLAUSE LIKE 'json_valid(%'`,
      [database],
    )
    return new Set(rows.map((row) => `${row.t}\0${row.name}`))
  } catch {
    return undefined
  }
}

/** Empty for a view, and where some columns only may be read. */
const definitionOf = async (connection: Connection, database: string, table: string): Promise<string> => {
  try {
    const [row] = await query(connection, `SHOW CREATE TABLE ${quoted(database)}.${quoted(table)}`)
    return String(row?.['Create Table'] ?? '')
  } catch {
    return ''
  }
}
