import type { ColumnType } from './column.ts'

const datetime = (airbyteType: string, format: string) => ({ type: 'string', format, airbyte_type: airbyteType })

/** How discover describes a column, in Airbyte's vocabulary (protocol, "Airbyte data types"). */
export const jsonSchemaOf = (type: ColumnType): Readonly<Record<string, unknown>> => {
  switch (type.kind) {
    case 'boolean':
      return { type: 'boolean' }
    case 'int32':
    case 'int64':
      return { type: 'number', airbyte_type: 'integer' }
    case 'decimal':
      return type.scale === 0 ? { type: 'number', airbyte_type: 'integer' } : { type: 'number' }
    case 'float32':
    case 'float64':
      return { type: 'number' }
    case 'date':
      return { type: 'string', format: 'date' }
    case 'time':
      return datetime('time_without_timezone', 'time')
    case 'timestamp':
      return datetime(type.utc ? 'timestamp_with_timezone' : 'timestamp_without_timezone', 'date-time')
    case 'binary':
      return { type: 'string', contentEncoding: 'base64' }
    case 'uuid':
    case 'text':
    case 'json':
      return { type: 'string' }
    case 'list':
      return { type: 'array', items: jsonSchemaOf(type.element) }
  }
}
