import type { ColumnType, ScalarType } from '../columns/column.ts'
import { quoted } from '../postgres/identifier.ts'

/** How a value stands in a COPY BINARY field. */
export type Wire =
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'oid'
  | 'float4'
  | 'float8'
  | 'numeric'
  | 'bytes'
  | 'jsonb'
  | 'uuid'
  | 'date'
  | 'time'
  | 'timestamp'

/** A column as the catalog describes it, domains resolved to what they are made of. */
export interface CatalogColumn {
  readonly name: string
  /** Name of the base type in pg_type, and its schema. */
  readonly typeName: string
  readonly typeSchema: string
  /** pg_type.typcategory: A = array. */
  readonly category: string
  readonly modifier: number
  readonly notNull: boolean
  /** For arrays of one of Postgres's own types: its name. */
  readonly elementName: string | null
  /** An array that is not declared with several dimensions; null or false for all else. */
  readonly isList: boolean | null
}

export interface Mapping {
  readonly type: ColumnType
  /** Of a list: how its elements stand in the array. */
  readonly wire: Wire
  /** Select expression for a quoted column. */
  readonly select: (column: string) => string
  /** Select expression whose binary form is that of `postgresType(type)`; absent when a value may have none there. */
  readonly copy?: (column: string) => string
  /** Some value of the source type has no place in `type`: NULL must be allowed whatever the source says. */
  readonly lossy: boolean
  readonly jsonSchema: Readonly<Record<string, unknown>>
  /** Type name for a literal that the column is compared with; undefined = cannot be a cursor. */
  readonly cursorType: string | undefined
}

const string = { type: 'string' } as const
const airbyte = (airbyteType: string, format: string) => ({ type: 'string', format, airbyte_type: airbyteType })
const integer = { type: 'number', airbyte_type: 'integer' } as const
const number = { type: 'number' } as const

interface Entry {
  readonly type: ScalarType
  readonly wire: Wire
  readonly jsonSchema: Readonly<Record<string, unknown>>
  readonly lossy?: true
  readonly cursor?: true
}

/** Types whose binary form is read as it is. README.md has the table for users; every other type travels as text. */
const direct: Readonly<Record<string, Entry>> = {
  bool: { type: { kind: 'boolean' }, wire: 'bool', jsonSchema: { type: 'boolean' } },
  int2: { type: { kind: 'int32' }, wire: 'int2', jsonSchema: integer, cursor: true },
  int4: { type: { kind: 'int32' }, wire: 'int4', jsonSchema: integer, cursor: true },
  int8: { type: { kind: 'int64' }, wire: 'int8', jsonSchema: integer, cursor: true },
  oid: { type: { kind: 'int64' }, wire: 'oid', jsonSchema: integer, cursor: true },
  float4: { type: { kind: 'float32' }, wire: 'float4', jsonSchema: number, cursor: true },
  float8: { type: { kind: 'float64' }, wire: 'float8', jsonSchema: number, cursor: true },
  text: { type: { kind: 'text' }, wire: 'bytes', jsonSchema: string, cursor: true },
  varchar: { type: { kind: 'text' }, wire: 'bytes', jsonSchema: string, cursor: true },
  bpchar: { type: { kind: 'text' }, wire: 'bytes', jsonSchema: string, cursor: true },
  json: { type: { kind: 'json' }, wire: 'bytes', jsonSchema: string },
  jsonb: { type: { kind: 'json' }, wire: 'jsonb', jsonSchema: string },
  bytea: { type: { kind: 'binary' }, wire: 'bytes', jsonSchema: { type: 'string', contentEncoding: 'base64' } },
  uuid: { type: { kind: 'uuid' }, wire: 'uuid', jsonSchema: string, cursor: true },
  // Infinity and years before 1 have no place in these.
  date: {
    type: { kind: 'date' },
    wire: 'date',
    jsonSchema: { type: 'string', format: 'date' },
    lossy: true,
    cursor: true,
  },
  time: { type: { kind: 'time' }, wire: 'time', jsonSchema: airbyte('time_without_timezone', 'time'), cursor: true },
  timestamp: {
    type: { kind: 'timestamp', utc: false },
    wire: 'timestamp',
    jsonSchema: airbyte('timestamp_without_timezone', 'date-time'),
    lossy: true,
    cursor: true,
  },
  timestamptz: {
    type: { kind: 'timestamp', utc: true },
    wire: 'timestamp',
    jsonSchema: airbyte('timestamp_with_timezone', 'date-time'),
    lossy: true,
    cursor: true,
  },
}

const plain = (column: string): string => column
const asText = (column: string): string => `${column}::text`

/** Where the binary form of a type is not that of the type it becomes. Text types share theirs; json may hold what jsonb refuses. */
const copyCasts: Readonly<Record<string, string>> = { int2: 'int4', oid: 'int8' }

const copyOf = (typeName: string): Pick<Mapping, 'copy'> => {
  if (typeName === 'json') return {}
  const cast = copyCasts[typeName]
  return { copy: cast ? (column) => `${column}::pg_catalog.${cast}` : plain }
}

export const mapColumn = (column: CatalogColumn, forceText = false): Mapping => {
  const entry = mapping(column)
  if (!forceText) return entry
  return { ...entry, type: { kind: 'text' }, wire: 'bytes', select: asText, copy: asText, lossy: false }
}

const mapping = (column: CatalogColumn): Mapping => {
  if (column.category === 'A') return list(column) ?? array(column)
  if (column.typeSchema !== 'pg_catalog') return text(string)
  if (column.typeName === 'numeric') return numeric(column)
  const entry = direct[column.typeName]
  if (!entry) return text(column.typeName === 'timetz' ? airbyte('time_with_timezone', 'time') : string)
  const { type, wire, jsonSchema, lossy = false } = entry
  return {
    type,
    wire,
    select: plain,
    ...copyOf(column.typeName),
    lossy,
    jsonSchema,
    cursorType: entry.cursor && `pg_catalog.${quoted(column.typeName)}`,
  }
}

const text = (jsonSchema: Readonly<Record<string, unknown>>, cursorType?: string): Mapping => ({
  type: { kind: 'text' },
  wire: 'bytes',
  select: asText,
  copy: asText,
  lossy: false,
  jsonSchema,
  cursorType,
})

/**
 * Elements as they would be in a column of their own. An array can have more dimensions than were declared, and other
 * lower bounds: such a value has no place in a list, so that the mapping is always lossy.
 */
const list = (column: CatalogColumn): Mapping | undefined => {
  if (!column.isList || !column.elementName) return undefined
  const element = elementOf(column.elementName, column.modifier)
  if (!element) return undefined
  return {
    type: { kind: 'list', element: element.type },
    wire: element.wire,
    select: plain,
    // As JSON an oid would be a text.
    ...(column.elementName === 'oid'
      ? { copy: (name) => `to_json(${name}::pg_catalog.int8[])::pg_catalog.jsonb` }
      : nestedCopy(column.elementName)),
    lossy: true,
    jsonSchema: { type: 'array', items: element.jsonSchema },
    cursorType: undefined,
  }
}

const elementOf = (name: string, modifier: number): Pick<Entry, 'type' | 'wire' | 'jsonSchema'> | undefined => {
  if (name !== 'numeric') return Object.hasOwn(direct, name) ? direct[name] : undefined
  const size = numericSize(modifier)
  if (!size || size.precision > maxPrecision) return undefined
  return { type: { kind: 'decimal', ...size }, wire: 'numeric', jsonSchema: number }
}

/** As JSON, which holds all dimensions. Elements of json, and of types that may hold it, may be what jsonb refuses. */
const nestedCopy = (elementName: string | null): Pick<Mapping, 'copy'> => {
  if (!elementName || elementName === 'json') return {}
  if (elementName !== 'numeric' && !Object.hasOwn(direct, elementName)) return {}
  return { copy: (column) => `to_json(${column})::pg_catalog.jsonb` }
}

/** JSON text, nested as the array is; lower bounds other than 1 are not kept (asText keeps them). */
const array = (column: CatalogColumn): Mapping => ({
  type: { kind: 'json' },
  wire: 'bytes',
  select: (name) => `to_json(${name})::text`,
  ...nestedCopy(column.elementName),
  lossy: false,
  jsonSchema: { type: 'array', items: elementSchema(column.elementName) },
  cursorType: undefined,
})

const elementSchema = (name: string | null): Readonly<Record<string, unknown>> =>
  name === 'numeric' ? number : ((name ? direct[name] : undefined)?.jsonSchema ?? string)

/** Digits that a decimal column holds. */
const maxPrecision = 38

/** numeric(p,s) up to 38 digits is a decimal; without limits, or beyond them, text is the only exact way. */
const numeric = (column: CatalogColumn): Mapping => {
  const size = numericSize(column.modifier)
  const cursorType = 'pg_catalog.numeric'
  if (!size || size.precision > maxPrecision) return text(number, cursorType)
  return {
    type: { kind: 'decimal', ...size },
    wire: 'numeric',
    select: plain,
    copy: plain,
    lossy: true,
    jsonSchema: number,
    cursorType,
  }
}

/** From pg_attribute.atttypmod. A negative scale becomes zeros before the point, a scale above the precision digits after it. */
const numericSize = (modifier: number): { precision: number; scale: number } | undefined => {
  if (modifier < 4) return undefined
  const precision = ((modifier - 4) >> 16) & 0xffff
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024
  if (scale < 0) return { precision: precision - scale, scale: 0 }
  return { precision: Math.max(precision, scale), scale }
}
