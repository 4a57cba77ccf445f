import type { ColumnBuilder } from '../columns/column-builder.ts'

/**
 * Appends one present value of `length` bytes at `at`, as MySQL's binary protocol writes it. When its column cannot hold
 * it, appends NULL and returns the value's text.
 */
export type Decode = (builder: ColumnBuilder, bytes: Buffer, at: number, length: number) => string | undefined

export const leaveOut = (builder: ColumnBuilder, text: string): string => {
  builder.appendNull()
  return text
}
