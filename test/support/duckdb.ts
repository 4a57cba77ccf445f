import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

let shared: Promise<DuckDBInstance> | undefined

/**
 * What DuckDB, a reader that shares no code with ours, finds in a Parquet file: each row as text values by column.
 * `select` is a list of SQL expressions; * by default. DuckDB sees the file as the table `file`.
 */
export const readByDuckDb = (
  parquet: Uint8Array,
  select = '*',
  where = 'true',
): Promise<Record<string, string | null>[]> => readFileByDuckDb(parquet, select, 'read_parquet(?)', where)

/** The same for a CSV file with a header, whose empty cells without quotes are NULL. */
export const readCsvByDuckDb = async (csv: Uint8Array): Promise<Record<string, string | null>[]> => {
  // As the header of its own, DuckDB would trim the names.
  const options = `header = false, all_varchar = true, delim = ',', quote = '"', escape = '"', allow_quoted_nulls = false, max_line_size = 10000000, new_line = '\\n'`
  const [header, ...rows] = (await readFileByDuckDb(csv, '*', `read_csv(?, ${options})`)).map((row) =>
    Object.values(row),
  )
  return rows.map((row) => Object.fromEntries((header ?? []).map((name, index) => [name, row[index] ?? null])))
}

const readFileByDuckDb = async (
  bytes: Uint8Array,
  select: string,
  source: string,
  where = 'true',
): Promise<Record<string, string | null>[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'ingestion-parquet-'))
  // One instance a test file: its start takes half a second.
  shared ??= DuckDBInstance.create(':memory:')
  const connection = await (await shared).connect()
  try {
    const path = join(folder, 'file')
    await writeFile(path, bytes)
    const reader = await connection.runAndReadAll(
      `SELECT ${select} FROM ${source.replace('?', `'${path}'`)} AS file WHERE ${where}`,
    )
    const names = reader.columnNames()
    return reader.getRows().map((row) => {
      const texts = row.map((value) => (value === null ? null : String(value)))
      return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? null]))
    })
  } finally {
    connection.closeSync()
    await rm(folder, { recursive: true, force: true })
  }
}
