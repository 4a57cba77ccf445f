import type { Column } from '../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../lib/connectors/columns/column-builder.ts'
import { ElementBuilder } from '../../lib/connectors/columns/element-builder.ts'

/** A list column of these rows; null = a NULL list, and in a list a NULL element. */
export const listColumn = <T>(
  rows: readonly (readonly (T | null)[] | null)[],
  append: (to: ColumnBuilder, value: T) => void,
): Column => {
  const lengths = new ColumnBuilder(rows.length)
  const elements = new ElementBuilder()
  for (const list of rows) {
    if (list === null) {
      lengths.appendNull()
      continue
    }
    elements.beginList()
    for (const value of list) {
      if (value === null) {
        elements.appendNull()
        continue
      }
      append(elements.values, value)
      elements.added()
    }
    lengths.appendInt32(list.length)
  }
  return { ...lengths.build(), elements: elements.build() }
}
