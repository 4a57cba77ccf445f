import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ColumnType } from '../../../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../../../lib/connectors/columns/column-builder.ts'
import { decimalText, readColumn } from '../../../../lib/connectors/columns/column-reader.ts'
import { appendValue } from '../../../../lib/connectors/source-rest/append-value.ts'
import { atScale, parseDecimal } from '../../../../lib/connectors/source-rest/decimal.ts'
import { parseJson } from '../../../../lib/connectors/source-rest/json-text.ts'

const digits = (maxLength: number) => fc.stringMatching(new RegExp(`^\\d{1,${maxLength}}$`))
/** JSON numbers of every shape: around what a float64 holds, around the column's own limits. */
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(digits(4), digits(16), digits(40)),
    fc.option(fc.oneof(digits(4), digits(12))),
    fc.option(fc.integer({ min: -12, max: 40 })),
  )
  .map(([sign, whole, fraction, exponent]) => {
    const text = sign + (whole.replace(/^0+/, '') || '0')
    return text + (fraction === null ? '' : `.${fraction}`) + (exponent === null ? '' : `e${exponent}`)
  })

/** What a column of the type holds of the number; undefined when it refuses it. */
const stored = (type: ColumnType, source: string) => {
  const builder = new ColumnBuilder(1)
  if (!appendValue(type, builder, parseJson(Buffer.from(source)), 0)) return undefined
  return readColumn(type, builder.build(), 1).next().value
}

describe('a number', () => {
  it.each([0, 9, 18])('arrives in a decimal of scale %i as it is, or not at all', (scale) => {
    fc.assert(
      fc.property(number, (source) => {
        const decimal = parseDecimal(source)
        const unscaled = decimal && atScale(decimal, scale, 38)
        const expected = unscaled === undefined ? undefined : decimalText(unscaled, scale)
        expect(stored({ kind: 'decimal', precision: 38, scale }, source)).toBe(expected)
      }),
      { numRuns: 1_000, seed: 20_261_122 },
    )
  })

  it('arrives in an int64 as it is, or not at all', () => {
    fc.assert(
      fc.property(number, (source) => {
        const decimal = parseDecimal(source)
        const whole = decimal && atScale(decimal, 0, 38)
        const expected = whole !== undefined && BigInt.asIntN(64, whole) === whole ? whole : undefined
        expect(stored({ kind: 'int64' }, source)).toBe(expected)
      }),
      { numRuns: 1_000, seed: 20_261_122 },
    )
  })
})
