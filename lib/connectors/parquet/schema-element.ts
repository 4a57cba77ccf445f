import type { ColumnType, Field } from '../columns/column.ts'
import type { ThriftWriter } from './thrift.ts'

/** Physical types of the Parquet format (parquet.thrift, Type). */
export const physical = { boolean: 0, int32: 1, int64: 2, float: 4, double: 5, byteArray: 6, fixed: 7 } as const

const repetition = { required: 0, optional: 1 } as const
const converted = { utf8: 0, decimal: 5, date: 6, timestampMicros: 10, json: 19 } as const

export const physicalType = (type: ColumnType): number => {
  switch (type.kind) {
    case 'boolean':
      return physical.boolean
    case 'int32':
    case 'date':
      return physical.int32
    case 'int64':
    case 'time':
    case 'timestamp':
      return physical.int64
    case 'float32':
      return physical.float
    case 'float64':
      return physical.double
    case 'decimal':
      return type.precision <= 18 ? physical.int64 : physical.fixed
    case 'uuid':
      return physical.fixed
    default:
      return physical.byteArray
  }
}

/** One leaf of the schema (parquet.thrift, SchemaElement). */
export const writeSchemaElement = (thrift: ThriftWriter, field: Field): void => {
  const { type } = field
  thrift.i32(1, physicalType(type))
  if (physicalType(type) === physical.fixed) thrift.i32(2, 16)
  thrift.i32(3, field.nullable ? repetition.optional : repetition.required)
  thrift.string(4, field.name)
  const old = convertedType(type)
  if (old !== undefined) thrift.i32(6, old)
  if (type.kind === 'decimal') {
    thrift.i32(7, type.scale)
    thrift.i32(8, type.precision)
  }
  const union = logicalType(thrift, type)
  if (union) thrift.struct(10, union)
}

/** For readers older than logical types. A wall-clock time has none: the old ones all mean UTC. */
const convertedType = (type: ColumnType): number | undefined => {
  switch (type.kind) {
    case 'text':
      return converted.utf8
    case 'json':
      return converted.json
    case 'decimal':
      return converted.decimal
    case 'date':
      return converted.date
    case 'timestamp':
      return type.utc ? converted.timestampMicros : undefined
    default:
      return undefined
  }
}

const logicalType = (thrift: ThriftWriter, type: ColumnType): (() => void) | undefined => {
  const empty = () => {}
  const micros = (utc: boolean) => () => {
    thrift.bool(1, utc)
    thrift.struct(2, () => thrift.struct(2, empty))
  }
  switch (type.kind) {
    case 'text':
      return () => thrift.struct(1, empty)
    case 'decimal':
      return () =>
        thrift.struct(5, () => {
          thrift.i32(1, type.scale)
          thrift.i32(2, type.precision)
        })
    case 'date':
      return () => thrift.struct(6, empty)
    case 'time':
      return () => thrift.struct(7, micros(false))
    case 'timestamp':
      return () => thrift.struct(8, micros(type.utc))
    case 'json':
      return () => thrift.struct(12, empty)
    case 'uuid':
      return () => thrift.struct(14, empty)
    default:
      return undefined
  }
}
