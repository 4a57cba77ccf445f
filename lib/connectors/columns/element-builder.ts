import type { Column } from './column.ts'
import { ColumnBuilder } from './column-builder.ts'

/**
 * Collects the elements of a list column, batch by batch. The numbers of elements, which are the lists' own values, go
 * into a ColumnBuilder like those of any column.
 */
export class ElementBuilder {
  /** Where the present elements go, each followed by `added`. Its own rows mean nothing. */
  readonly values = new ColumnBuilder(0)
  #count = 0
  #nulls = 0
  #present: Uint8Array | undefined
  #listStart = { count: 0, nulls: 0, length: 0 }

  /** The elements that follow are those of a new list. */
  beginList(): void {
    const start = this.#listStart
    start.count = this.#count
    start.nulls = this.#nulls
    start.length = this.values.length
  }

  /** As if the list had not been begun. */
  dropList(): void {
    const { count, nulls, length } = this.#listStart
    this.#present?.fill(1, count)
    this.#count = count
    this.#nulls = nulls
    this.values.truncate(length)
  }

  /** One more element stands in `values`. */
  added(): void {
    this.#count++
  }

  appendNull(): void {
    const present = this.#presence()
    present[this.#count++] = 0
    this.#nulls++
  }

  /** The elements so far; the builder is empty afterwards and never touches the returned buffers again. */
  build(): Column {
    const { values } = this.values.build()
    const present = this.#nulls > 0 ? this.#presence().subarray(0, this.#count) : undefined
    const column: Column = present ? { present, nulls: this.#nulls, values } : { nulls: 0, values }
    this.#count = 0
    this.#nulls = 0
    this.#present = undefined
    return column
  }

  /** With room for one more than there are, and 1 wherever no NULL was put. */
  #presence(): Uint8Array {
    const present = this.#present
    if (present && present.length > this.#count) return present
    const larger = new Uint8Array(Math.max(1024, this.#count * 2)).fill(1)
    if (present) larger.set(present)
    this.#present = larger
    return larger
  }
}
