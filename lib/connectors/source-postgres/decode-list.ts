import type { ListType } from '../columns/column.ts'
import type { ElementBuilder } from '../columns/element-builder.ts'
import { arrayText } from './array-text.ts'
import { type Decode, decoderOf, int32 } from './decode-value.ts'
import type { Wire } from './type-mapping.ts'

/** Of an array with one dimension (array_send): dimensions, flags, element type, size, lower bound; then the elements. */
const sizeAt = 12
const lowerBoundAt = 16
const elementsAt = 20

/**
 * The decoder of a list column: its builder takes the numbers of elements, `elements` the elements themselves. An array
 * that is no list (more dimensions, another lower bound), or one of whose elements has no place in its type, is left out
 * as a whole.
 */
export const listDecoder = (type: ListType, wire: Wire, elements: ElementBuilder): Decode => {
  const decode = decoderOf(type.element, wire)
  return (builder, bytes, at, length) => {
    const dimensions = int32(bytes, at)
    if (dimensions === 0) {
      builder.appendInt32(0)
      return undefined
    }
    const leaveOut = () => {
      builder.appendNull()
      return arrayText(wire, type.element.kind === 'binary', bytes.subarray(at, at + length))
    }
    if (dimensions !== 1 || int32(bytes, at + lowerBoundAt) !== 1) return leaveOut()
    const size = int32(bytes, at + sizeAt)
    let from = at + elementsAt
    elements.beginList()
    for (let i = 0; i < size; i++) {
      const width = int32(bytes, from)
      from += 4
      if (width < 0) {
        elements.appendNull()
        continue
      }
      if (decode(elements.values, bytes, from, width) !== undefined) {
        elements.dropList()
        return leaveOut()
      }
      elements.added()
      from += width
    }
    builder.appendInt32(size)
    return undefined
  }
}
