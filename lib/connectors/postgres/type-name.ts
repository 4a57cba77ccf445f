import type { ColumnType } from '../columns/column.ts'

/** What Postgres calls the type, as format_type() writes it. A list becomes JSON, as Airbyte's own destination writes it. */
export const postgresType = (type: ColumnType): string => {
  switch (type.kind) {
    case 'boolean':
      return 'boolean'
    case 'int32':
      return 'integer'
    case 'int64':
      return 'bigint'
    case 'float32':
      return 'real'
    case 'float64':
      return 'double precision'
    case 'decimal':
      return `numeric(${type.precision},${type.scale})`
    case 'date':
      return 'date'
    case 'time':
      return 'time without time zone'
    case 'timestamp':
      return type.utc ? 'timestamp with time zone' : 'timestamp without time zone'
    case 'uuid':
      return 'uuid'
    case 'text':
      return 'text'
    case 'json':
    case 'list':
      return 'jsonb'
    case 'binary':
      return 'bytea'
  }
}
