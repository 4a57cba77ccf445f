import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

let shared: Promise<DuckDBInstance> | undefined

/**
 * What DuckDB, a reader that shares no code with ours, finds in a Parquet file: each row as text values by column.
 * `select` is a list of SQL expressions; * by default. DuckDB sees the file as the table `file`.
 */
export const readByDuckDb = async (parquet: Uint8Array, select = '*'): Promise<Record<string, string | null>[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'ingestion-parquet-'))
  // One instance a test file: its start takes half a second.
  shared ??= DuckDBInstance.create(':memory:')
  const connection = await (await shared).connect()
  try {
    const path = join(folder, 'file.parquet')
    await writeFile(path, parquet)
    const reader = await connection.runAndReadAll(`SELECT ${select} FROM read_parquet('${path}') AS file`)
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
