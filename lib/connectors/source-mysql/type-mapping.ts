import type { ColumnType, Field } from '../columns/column.ts'
import type { TableColumn } from './table.ts'

/** How a value of a cursor column is written in SQL, see cursorLiteral. */
export type CursorKind = 'number' | 'moment' | 'text'

/** How one column travels: its field, what to select for it, and whether and how it can be a cursor. */
export interface MappedColumn {
  readonly field: Field
  readonly expression: string
  /** The bytes that come are carried as hexadecimal digits. */
  readonly inHex?: true
  readonly cursor?: { readonly kind: CursorKind; readonly expression: string }
}

/** The widest decimal that columns hold; MySQL goes to 65 digits. */
const maxPrecision = 38
const spatialTypes = new Set(
  'geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection geomcollection'.split(
    ' ',
  ),
)

/**
 * The type table. Every value of a column arrives exactly, except zero and impossible dates, which read NULL and are recorded.
 *
 * - tinyint, smallint, mediumint, int, year → int32; int unsigned, bigint → int64; bigint unsigned → decimal(20,0)
 * - decimal(p,s) → decimal up to 38 digits, else text; float → float32; double → float64
 * - bit(1) → boolean; bit(n) → binary, most significant byte first
 * - date → date; datetime → timestamp without zone; timestamp → timestamp in UTC; time (a span of up to 838 hours) → text
 * - char, varchar, text, enum, set → text; binary, varbinary, blob → binary; json → json, as is MariaDB's json
 * - geometry and its kin → binary, well-known binary (WKB) without SRID; uuid (MariaDB) → uuid; all else → text
 *
 * - of these, enum and set in the character set binary → binary
 *
 * `asText` carries the value as the server writes it, zero dates included; bytes as hexadecimal digits. Values of any
 * length come as they are stored: what HEX or CAST would make longer than max_allowed_packet, the server makes NULL.
 */
export const mapColumn = (column: TableColumn, asText = false): MappedColumn => {
  const mapped = mapTyped(column)
  const { kind } = mapped.field.type
  if (!asText || kind === 'text') return mapped
  const field: Field = { name: column.name, type: { kind: 'text' }, nullable: column.nullable }
  if (kind === 'json') return { ...mapped, field }
  if (kind === 'binary') return { ...mapped, field, inHex: true }
  const value = kind === 'boolean' ? `${mapped.expression} + 0` : mapped.expression
  return { ...mapped, field, expression: `CAST(${value} AS CHAR)` }
}

const mapTyped = (column: TableColumn): MappedColumn => {
  const name = quoted(column.name)
  const mapped = (type: ColumnType, expression: string, cursor?: MappedColumn['cursor']): MappedColumn => ({
    field: { name: column.name, type, nullable: column.nullable || type.kind === 'date' || type.kind === 'timestamp' },
    expression,
    ...(cursor ? { cursor } : {}),
  })
  const number = (type: ColumnType, expression = name) => mapped(type, expression, { kind: 'number', expression })
  const text = (expression = name) =>
    mapped({ kind: 'text' }, expression, { kind: 'text', expression: textOrder(name) })
  const isUnsigned = column.columnType.includes('unsigned') || column.columnType.includes('zerofill')

  switch (column.dataType) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'year':
      return number({ kind: 'int32' })
    case 'int':
    case 'integer':
      return number({ kind: isUnsigned ? 'int64' : 'int32' })
    case 'bigint':
      return number(isUnsigned ? { kind: 'decimal', precision: 20, scale: 0 } : { kind: 'int64' })
    case 'decimal':
    case 'numeric':
      if (column.precision > maxPrecision) return number({ kind: 'text' })
      return number({ kind: 'decimal', precision: column.precision, scale: column.scale })
    // The server prints a FLOAT with six digits, a DOUBLE(m,d) with d decimals, a DOUBLE exactly. (Adding zero would lose -0.)
    case 'float':
      return number({ kind: 'float32' }, `${name} * 1e0`)
    case 'double':
    case 'real':
      return number({ kind: 'float64' }, column.columnType.includes('(') ? `${name} * 1e0` : name)
    case 'bit':
      return mapped(column.precision === 1 ? { kind: 'boolean' } : { kind: 'binary' }, name)
    case 'date':
      return mapped({ kind: 'date' }, name, { kind: 'moment', expression: name })
    case 'datetime':
      return mapped({ kind: 'timestamp', utc: false }, name, { kind: 'moment', expression: name })
    case 'timestamp':
      return mapped({ kind: 'timestamp', utc: true }, name, { kind: 'moment', expression: name })
    case 'time':
      return mapped({ kind: 'text' }, `CAST(${name} AS CHAR)`)
    case 'json':
      return mapped({ kind: 'json' }, name)
    case 'uuid':
      return mapped({ kind: 'uuid' }, name)
    case 'enum':
    case 'set':
      return column.charset === 'binary' ? mapped({ kind: 'binary' }, name) : text()
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
    case 'vector':
      return mapped({ kind: 'binary' }, name)
  }
  if (spatialTypes.has(column.dataType)) return mapped({ kind: 'binary' }, `ST_AsBinary(${name})`)
  return column.charset === null ? text(`CONVERT(${name} USING utf8mb4)`) : text()
}

/** An identifier in backticks; one inside is doubled (MySQL manual, Schema Object Names). */
export const quoted = (identifier: string): string => `\`${identifier.replaceAll('`', '``')}\``

/** Text in the order of its bytes: under a collation, different values can be equal, and a position in between is lost. */
const textOrder = (name: string): string => `CAST(CONVERT(${name} USING utf8mb4) AS BINARY)`
