import type { ColumnType } from '../columns/column.ts'
import type { ColumnBuilder } from '../columns/column-builder.ts'
import { atScale, parseDecimal } from './decimal.ts'
import { isNumber, type Json } from './json-text.ts'

const int64Digits = 19
const int64Limit = 2n ** 63n

/** Appends a value that is not null; false, with nothing appended, when the column's type cannot hold it exactly. */
export const appendValue = (type: ColumnType, builder: ColumnBuilder, value: Exclude<Json, null>): boolean => {
  switch (type.kind) {
    case 'boolean':
      if (typeof value !== 'boolean') return false
      builder.appendByte(value ? 1 : 0)
      return true
    case 'int64': {
      const decimal = isNumber(value) ? parseDecimal(value.rawJSON) : undefined
      const whole = decimal && atScale(decimal, 0, int64Digits)
      if (whole === undefined || whole >= int64Limit || whole < -int64Limit) return false
      builder.appendBigInt64(whole)
      return true
    }
    case 'decimal': {
      const decimal = isNumber(value) ? parseDecimal(value.rawJSON) : undefined
      const unscaled = decimal && atScale(decimal, type.scale, type.precision)
      if (unscaled === undefined) return false
      builder.appendBigInt128(unscaled)
      return true
    }
    case 'json':
      builder.appendText(JSON.stringify(value))
      return true
    case 'text': {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      // Half a surrogate pair has no UTF-8.
      if (!text.isWellFormed()) return false
      builder.appendText(text)
      return true
    }
    default:
      throw new Error(`records are never read as ${type.kind}`)
  }
}
