/** How the server sends the values of one column of a result, as its column definition says. */
export interface Wire {
  /** One of `wireTypes`, or another type that is sent as text or bytes. */
  readonly type: number
  readonly isUnsigned: boolean
  /** Digits after the point: of a decimal, and of seconds. */
  readonly decimals: number
}

/** Types that are not sent as text or bytes (MySQL Source Code Documentation, Binary Protocol Value), and decimals. */
export const wireTypes = {
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  null: 6,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  decimal: 246,
} as const

const unsignedFlag = 32

/** From the driver's column definition. */
export const wireOf = (column: { columnType?: number; flags?: unknown; decimals?: number }): Wire => ({
  type: column.columnType ?? 0,
  isUnsigned: (Number(column.flags) & unsignedFlag) !== 0,
  decimals: column.decimals ?? 0,
})

/** Bytes of a value; 0 = its length stands before it. */
export const widthOf = ({ type }: Wire): number => {
  switch (type) {
    case wireTypes.tiny:
      return 1
    case wireTypes.short:
    case wireTypes.year:
      return 2
    case wireTypes.long:
    case wireTypes.int24:
    case wireTypes.float:
      return 4
    case wireTypes.longlong:
    case wireTypes.double:
      return 8
    default:
      return 0
  }
}
