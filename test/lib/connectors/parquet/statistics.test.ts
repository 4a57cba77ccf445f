import { describe, expect, it } from 'vitest'
import type { ScalarType } from '../../../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../../../lib/connectors/columns/column-builder.ts'
import { trackBounds } from '../../../../lib/connectors/parquet/statistics.ts'

const boundsOf = (type: ScalarType, append: (builder: ColumnBuilder) => void) => {
  const builder = new ColumnBuilder(100)
  append(builder)
  const tracker = trackBounds(type)
  tracker.add(builder.build().values)
  const bounds = tracker.bounds()
  const text = (bytes?: Uint8Array) => bytes && Buffer.from(bytes).toString('utf8')
  return bounds && { ...bounds, min: text(bounds.min), max: text(bounds.max) }
}

const texts = (...values: string[]) =>
  boundsOf({ kind: 'text' }, (builder) => {
    for (const value of values) builder.appendText(value)
  })

describe('bounds', () => {
  it.each([
    ['short', ['b', 'a', 'c'], 'a', 'c'],
    ['equal beginnings', ['abcdefg', 'abcdef', 'abcdeg'], 'abcdef', 'abcdeg'],
    ['empty', ['', 'a'], '', 'a'],
    ['beyond ASCII', ['ä', 'z', '🎉'], 'z', '🎉'],
  ])('texts are ordered by their bytes: %s', (_, values, min, max) => {
    expect(texts(...values)).toEqual({ min, max, minExact: true, maxExact: true })
  })

  it('long texts are shortened to what still encloses them, at a character', () => {
    expect(texts('a'.repeat(100))).toEqual({
      min: 'a'.repeat(64),
      max: `${'a'.repeat(63)}b`,
      minExact: false,
      maxExact: false,
    })
    const bounds = texts(`${'a'.repeat(63)}🎉🎉`)
    expect(bounds).toEqual({ min: 'a'.repeat(63), max: `${'a'.repeat(62)}b`, minExact: false, maxExact: false })
  })

  it('a maximum of nothing but the last character has no short bound', () => {
    expect(texts('\u{10ffff}'.repeat(40))).toEqual({
      min: '\u{10ffff}'.repeat(16),
      minExact: false,
      maxExact: false,
      max: undefined,
    })
  })

  it('a value of a megabyte leaves no more than its beginning', () => {
    const tracker = trackBounds({ kind: 'text' })
    const builder = new ColumnBuilder(1)
    builder.appendText('x'.repeat(1 << 20))
    tracker.add(builder.build().values)
    expect(tracker.bounds()?.min.buffer.byteLength).toBeLessThan(1 << 18)
  })

  it('zero stands with both signs, and with a NaN there are no bounds', () => {
    const tracker = trackBounds({ kind: 'float64' })
    const add = (...values: number[]) => {
      const builder = new ColumnBuilder(values.length)
      for (const value of values) builder.appendFloat64(value)
      tracker.add(builder.build().values)
      const bounds = tracker.bounds()
      return bounds && [bounds.min, bounds.max].map((bytes) => Buffer.from(bytes ?? []).readDoubleLE())
    }
    expect(add(0, -0)).toEqual([-0, 0])
    expect(add(1, Number.NaN)).toBeUndefined()
    expect(add(5)).toBeUndefined()
    expect(boundsOf({ kind: 'float32' }, (one) => one.appendFloat32(Number.NaN))).toBeUndefined()
  })

  it('wide integers and decimals keep their sign', () => {
    const int64 = trackBounds({ kind: 'int64' })
    const decimal = trackBounds({ kind: 'decimal', precision: 38, scale: 0 })
    const [narrow, wide] = [new ColumnBuilder(4), new ColumnBuilder(4)]
    for (const value of [5n, -4294967297n, 4294967296n, -1n]) {
      narrow.appendBigInt64(value)
      wide.appendBigInt128(value)
    }
    int64.add(narrow.build().values)
    decimal.add(wide.build().values)
    const read = (bytes?: Uint8Array) => Buffer.from(bytes ?? [])
    expect(read(int64.bounds()?.min).readBigInt64LE()).toBe(-4294967297n)
    expect(read(int64.bounds()?.max).readBigInt64LE()).toBe(4294967296n)
    expect(read(decimal.bounds()?.min).readBigInt64BE(8)).toBe(-4294967297n)
    expect(read(decimal.bounds()?.max).readBigInt64BE(8)).toBe(4294967296n)
  })
})
