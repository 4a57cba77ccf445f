import type { Wire } from './type-mapping.ts'
import { valueText } from './value-text.ts'

/** Where the parts of an array stand in its binary form (array_send): all numbers are int32, big-endian. */
const headerBytes = 12
const dimensionBytes = 8

/** Texts that array_out puts in quotes: what its own syntax would take for something else. */
const needsQuotes = /^$|^null$|[{}",\\ \t\n\v\f\r]/i

/** An array as Postgres prints it: `{1,NULL}`, `{{1,2},{3,4}}`, `[0:1]={1,2}`. `isBinary` tells bytea from text. */
export const arrayText = (wire: Wire, isBinary: boolean, array: Buffer): string => {
  const dimensions = Array.from({ length: array.readInt32BE(0) }, (_, index) => ({
    size: array.readInt32BE(headerBytes + index * dimensionBytes),
    lower: array.readInt32BE(headerBytes + index * dimensionBytes + 4),
  }))
  let at = headerBytes + dimensions.length * dimensionBytes
  const element = (): string => {
    const length = array.readInt32BE(at)
    at += 4
    if (length < 0) return 'NULL'
    const value = array.subarray(at, at + length)
    at += length
    return quotedElement(isBinary ? `\\x${value.toString('hex')}` : valueText(wire, value))
  }
  const level = (depth: number): string => {
    const dimension = dimensions[depth]
    if (!dimension) return element()
    return `{${Array.from({ length: dimension.size }, () => level(depth + 1)).join(',')}}`
  }
  if (dimensions.length === 0) return '{}'
  const bounds = dimensions.map(({ size, lower }) => `[${lower}:${lower + size - 1}]`).join('')
  return `${dimensions.every(({ lower }) => lower === 1) ? '' : `${bounds}=`}${level(0)}`
}

const quotedElement = (text: string): string => (needsQuotes.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text)
