import type { Column, ColumnType, ListType, ScalarType } from './column.ts'

/** One value of a column: a list is an array of what its elements are. */
export type Value = ScalarValue | readonly ScalarValue[]

/**
 * A value without parts. int64, time and timestamp are bigint (microseconds), decimal is its text with all of its
 * scale, date is days since 1970, uuid, text and json are strings.
 */
export type ScalarValue = null | boolean | number | bigint | string | Uint8Array

/** The values of a column, one a row, NULL included. */
export function* readColumn(type: ColumnType, column: Column, rows: number): Generator<Value> {
  const next = type.kind === 'list' ? listReader(type, column) : scalarReader(type, column)
  for (let row = 0; row < rows; row++) yield next()
}

const listReader = (type: ListType, column: Column): (() => readonly ScalarValue[] | null) => {
  if (!column.elements) throw new Error('a list column has no elements')
  const nextLength = scalarReader({ kind: 'int32' }, column)
  const next = scalarReader(type.element, column.elements)
  return () => {
    const length = nextLength()
    if (length === null) return null
    const list: ScalarValue[] = []
    while (list.length < (length as number)) list.push(next())
    return list
  }
}

/** Gives the next value at each call. */
export const scalarReader = (type: ScalarType, { present, values }: Column): (() => ScalarValue) => {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const fixed = widthOf(type)
  let row = 0
  let at = 0
  return () => {
    if (present?.[row++] === 0) return null
    const width = fixed ?? 4 + view.getUint32(at, true)
    const value = valueAt(type, bytes, view, at, width)
    at += width
    return value
  }
}

/** Bytes of one present value; undefined when each value carries its own length. */
export const widthOf = (type: ScalarType): number | undefined => {
  switch (type.kind) {
    case 'boolean':
      return 1
    case 'int32':
    case 'float32':
    case 'date':
      return 4
    case 'int64':
    case 'float64':
    case 'time':
    case 'timestamp':
      return 8
    case 'decimal':
      return type.precision <= 18 ? 8 : 16
    case 'uuid':
      return 16
    default:
      return undefined
  }
}

const valueAt = (type: ScalarType, bytes: Buffer, view: DataView, at: number, width: number): ScalarValue => {
  switch (type.kind) {
    case 'boolean':
      return bytes[at] === 1
    case 'int32':
    case 'date':
      return view.getInt32(at, true)
    case 'int64':
    case 'time':
    case 'timestamp':
      return view.getBigInt64(at, true)
    case 'float32':
      return view.getFloat32(at, true)
    case 'float64':
      return view.getFloat64(at, true)
    case 'decimal':
      return decimalText(width === 8 ? view.getBigInt64(at, true) : bigInt128(view, at), type.scale)
    case 'uuid':
      return bytes.toString('hex', at, at + 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    case 'binary':
      return bytes.subarray(at + 4, at + width)
    case 'text':
    case 'json':
      return bytes.toString('utf8', at + 4, at + width)
  }
}

const bigInt128 = (view: DataView, at: number): bigint =>
  (view.getBigInt64(at, false) << 64n) | view.getBigUint64(at + 8, false)

/** `-1.50` for (-150n, 2). */
export const decimalText = (unscaled: bigint, scale: number): string => {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const sign = unscaled < 0n ? '-' : ''
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
