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

/**
 * Tables and views of `database` in name order; only `name`, when given. Each question names the table: MariaDB opens all
 * tables of the database for a question that does not, or that joins two of its views. Names are compared here, since
 * those views know no case: `Orders` and `orders` may be two tables.
 */
export const readTables = async (
  connection: Connection,
  database: string,
  name?: string,
): Promise<readonly Table[]> => {
  const only = name === undefined ? '' : ' AND TABLE_NAME = ?'
  const values = name === undefined ? [database] : [database, name]
  const tables = await query(
    connection,
    `SELECT TABLE_NAME AS t, TABLE_TYPE AS type FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = ?${only} AND TABLE_TYPE IN (${tableTypes.map((type) => `'${type}'`).join(', ')})`,
    values,
  )
  const typeOf = new Map(tables.map(({ t, type }) => [String(t), String(type)]))
  const found = await query(
    connection,
    `SELECT TABLE_NAME AS t, COLUMN_NAME AS name, LOWER(DATA_TYPE) AS dataType, LOWER(COLUMN_TYPE) AS columnType,
            NUMERIC_PRECISION AS prec, NUMERIC_SCALE AS scale, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation,
            IS_NULLABLE AS nullable
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ?${only} ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    values,
  )
  const columns = found.filter(({ t }) => typeOf.has(String(t)))
  const keys = await query(
    connection,
    `SELECT TABLE_NAME AS t, COLUMN_NAME AS name FROM information_schema.KEY_COLUMN_USAGE
      WHERE TABLE_SCHEMA = ?${only} AND CONSTRAINT_NAME = 'PRIMARY' ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    values,
  )
  const stored = columns.filter(({ t }) => typeOf.get(String(t)) !== 'VIEW')
  const json = await jsonColumns(connection, database, stored, name)
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
      // What a server says of a view may be older than the tables behind it.
      nullable: row.nullable !== 'NO' || typeOf.get(table) === 'VIEW',
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
  table: string | undefined,
): Promise<ReadonlySet<string>> => {
  const candidates = columns.filter(({ dataType, collation }) => dataType === 'longtext' && collation === 'utf8mb4_bin')
  if (candidates.length === 0) return new Set()
  const checks = await columnChecks(connection, database, table)
  if (!checks) return new Set()
  const json = new Set<string>()
  for (const [table, rows] of Map.groupBy(candidates, ({ t }) => String(t))) {
    const unknown: string[] = []
    for (const name of rows.map((row) => String(row.name))) {
      const check = checks.get(`${table}\0${name}`)
      if (check === undefined) unknown.push(name)
      else if (check === jsonCheck(name)) json.add(`${table}\0${name}`)
    }
    const definition = unknown.length > 0 ? await definitionOf(connection, database, table) : ''
    for (const name of unknown) if (definition.includes(`CHECK (${jsonCheck(name)})`)) json.add(`${table}\0${name}`)
  }
  return json
}

const jsonCheck = (column: string): string => `json_valid(${quoted(column)})`

/** The check of each column that has one; undefined for MySQL: its view of that name has other columns, and before 8.0.16 there is none. */
const columnChecks = async (
  connection: Connection,
  database: string,
  table: string | undefined,
): Promise<Map<string, string> | undefined> => {
  const only = table === undefined ? '' : ' AND TABLE_NAME = ?'
  try {
    const rows = await query(
      connection,
      `SELECT TABLE_NAME AS t, CONSTRAINT_NAME AS name, CHECK_CLAUSE AS clause FROM information_schema.CHECK_CONSTRAINTS
        WHERE CONSTRAINT_SCHEMA = ?${only} AND LEVEL = 'Column'`,
      table === undefined ? [database] : [database, table],
    )
    return new Map(rows.map((row) => [`${row.t}\0${row.name}`, String(row.clause)]))
  } catch (error) {
    if (/^ER_(BAD_FIELD_ERROR|UNKNOWN_TABLE|NO_SUCH_TABLE)$/.test((error as { code?: string }).code ?? '')) return
    throw error
  }
}

/** Empty where some columns only may be read. */
const definitionOf = async (connection: Connection, database: string, table: string): Promise<string> => {
  try {
    const [row] = await query(connection, `SHOW CREATE TABLE ${quoted(database)}.${quoted(table)}`)
    return String(row?.['Create Table'] ?? '')
  } catch (error) {
    if ((error as { code?: string }).code === 'ER_TABLEACCESS_DENIED_ERROR') return ''
    throw error
  }
}
