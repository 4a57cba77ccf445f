/** Logical type of a column, fixed per stream before its first row. */
export type ColumnType = ScalarType | ListType

/** Lists of one dimension, counted from 1; an element may be NULL. A present value is the number of its elements, 4 bytes. */
export interface ListType {
  readonly kind: 'list'
  readonly element: ScalarType
}

/**
 * A type whose values have no parts.
 * The comment gives the layout of one present value in `Column.values`; every number is little-endian unless said otherwise.
 */
export type ScalarType =
  | { kind: 'boolean' } // 1 byte, 0 or 1
  | { kind: 'int32' } // 4 bytes
  | { kind: 'int64' } // 8 bytes
  | { kind: 'float32' } // 4 bytes
  | { kind: 'float64' } // 8 bytes
  | { kind: 'decimal'; precision: number; scale: number } // unscaled: 8 bytes up to precision 18, else 16 bytes big-endian; precision <= 38
  | { kind: 'date' } // 4 bytes, days since 1970-01-01
  | { kind: 'time' } // 8 bytes, microseconds since midnight, 24:00 included
  | { kind: 'timestamp'; utc: boolean } // 8 bytes, microseconds since 1970-01-01T00:00; utc false = wall clock without zone
  | { kind: 'uuid' } // 16 bytes, as written
  | { kind: 'text' } // u32 byte length, then UTF-8
  | { kind: 'json' } // u32 byte length, then UTF-8 JSON text as the source wrote it
  | { kind: 'binary' } // u32 byte length, then bytes

/** A column of a stream: its exact name at the source, and its type. */
export interface Field {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
}

/** The values of one field in one batch. Values of NULL rows take no space in `values`. */
export interface Column {
  /** One byte a row, 1 = present, 0 = NULL; absent when no row is NULL. */
  readonly present?: Uint8Array
  readonly nulls: number
  /** Present values in row order, one after the other, in the layout of the field's type: what Parquet calls PLAIN. */
  readonly values: Uint8Array
  /** So many bytes before `values`, in the same buffer, belong to the column too: who writes it may put there what goes before them. */
  readonly headroom?: number
  /** Of a list column, and always there: the elements of all present rows, one after the other, as a column of their type. */
  readonly elements?: Column
}
