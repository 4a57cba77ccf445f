import type { StoredParquet } from '../../lib/local/demo/stored-parquet.ts'

/** A value as text that loses nothing, or null; the same for a database value and what became of it in Parquet. */
export type TextRow = Record<string, string | null>

const parsers = {
  timestampFromMicroseconds: (micros: bigint) => String(micros),
  dateFromDays: (days: number) => String(days),
  jsonFromBytes: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
}

/** All rows of the objects under a prefix as text, without Airbyte's own columns. Decimals must have two places. */
export const parquetTexts = async (
  stored: StoredParquet,
  prefix: string,
  decimals: readonly string[],
): Promise<TextRow[]> => {
  const rows: TextRow[] = []
  for (const { key } of await stored.list()) {
    if (!key.startsWith(prefix)) continue
    for (const row of await stored.read(key, { parsers }))
      rows.push(
        Object.fromEntries(
          Object.entries(row)
            .filter(([name]) => !name.startsWith('_airbyte'))
            .map(([name, value]) => [name, textOf(value, decimals.includes(name))]),
        ),
      )
  }
  return rows
}

const textOf = (value: unknown, isDecimal: boolean): string | null => {
  if (value === null || value === undefined) return null
  return isDecimal ? Number(value).toFixed(2) : String(value)
}

/** A select that gives a table's rows in the same texts. */
export const textSelect = (table: string, columns: readonly { name: string; type: string }[]): string =>
  `SELECT ${columns.map(({ name, type }) => `${expression(`"${name}"`, type)} AS "${name}"`).join(', ')} FROM ${table}`

const expression = (column: string, type: string): string => {
  if (type === 'timestamp with time zone') return `(extract(epoch FROM ${column}) * 1000000)::bigint::text`
  if (type === 'date') return `(${column} - date '1970-01-01')::text`
  return `${column}::text`
}
