import type { ColumnType, Field, ScalarType } from '../columns/column.ts'
import { listPath } from './list-levels.ts'
import type { ThriftWriter } from './thrift.ts'

/** Physical types of the Parquet format (parquet.thrift, Type). */
export const physical = { boolean: 0, int32: 1, int64: 2, float: 4, double: 5, byteArray: 6, fixed: 7 } as const

const repetition = { required: 0, optional: 1, repeated: 2 } as const
const converted = { utf8: 0, list: 3, decimal: 5, date: 6, timestampMicros: 10, json: 19 } as const

/** The type of what stands in the pages. */
export const leafType = (type: ColumnType): ScalarType => (type.kind === 'list' ? type.element : type)

/** The names from the column to its leaf. */
export const pathOf = ({ name, type }: Field): readonly string[] =>
  type.kind === 'list' ? [name, ...listPath] : [name]

export const physicalType = (type: ScalarType): number => {
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

/** Writes one node of the schema (parquet.thrift, SchemaElement). */
type WriteNode = (thrift: ThriftWriter) => void

/** The nodes of a column, depth first: a list is a group of a group of a leaf (Parquet format, LogicalTypes, Lists). */
export const schemaNodes = ({ name, type, nullable }: Field): readonly WriteNode[] => {
  const repeats = nullable ? repetition.optional : repetition.required
  if (type.kind !== 'list') return [leaf(name, type, repeats)]
  const [group, element] = listPath
  const annotation = (thrift: ThriftWriter) => {
    thrift.i32(6, converted.list)
    thrift.struct(10, () => thrift.struct(3, () => {}))
  }
  return [
    parent(name, repeats, annotation),
    parent(group, repetition.repeated, () => {}),
    leaf(element, type.element, repetition.optional),
  ]
}

const parent =
  (name: string, repeats: number, annotation: WriteNode): WriteNode =>
  (thrift) => {
    thrift.i32(3, repeats)
    thrift.string(4, name)
    thrift.i32(5, 1)
    annotation(thrift)
  }

const leaf =
  (name: string, type: ScalarType, repeats: number): WriteNode =>
  (thrift) =>
    writeLeaf(thrift, name, type, repeats)

const writeLeaf = (thrift: ThriftWriter, name: string, type: ScalarType, repeats: number): void => {
  thrift.i32(1, physicalType(type))
  if (physicalType(type) === physical.fixed) thrift.i32(2, 16)
  thrift.i32(3, repeats)
  thrift.string(4, name)
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
const convertedType = (type: ScalarType): number | undefined => {
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

const logicalType = (thrift: ThriftWriter, type: ScalarType): (() => void) | undefined => {
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
