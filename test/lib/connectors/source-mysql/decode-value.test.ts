import { describe, expect, it } from 'vitest'
import type { ColumnType } from '../../../../lib/connectors/columns/column.ts'
import { ColumnBuilder } from '../../../../lib/connectors/columns/column-builder.ts'
import { readColumn } from '../../../../lib/connectors/columns/column-reader.ts'
import { decoderOf } from '../../../../lib/connectors/source-mysql/decode-value.ts'
import { type Wire, wireTypes } from '../../../../lib/connectors/source-mysql/wire.ts'

const int32: ColumnType = { kind: 'int32' }
const int64: ColumnType = { kind: 'int64' }
const float64: ColumnType = { kind: 'float64' }
const timestamp: ColumnType = { kind: 'timestamp', utc: false }
const decimal = (precision: number, scale: number): ColumnType => ({ kind: 'decimal', precision, scale })
const wire = (name: keyof typeof wireTypes, more: Partial<Wire> = {}): Wire => ({
  ...{ type: wireTypes[name], isUnsigned: false, decimals: 0 },
  ...more,
})
const unsigned = { isUnsigned: true }
const text = (value: string): string => Buffer.from(value).toString('hex')

/** What the column holds after the value, and its text when it was left out. */
const decoded = (given: Wire, type: ColumnType, hex: string) => {
  const bytes = Buffer.from(`ff${hex}ff`, 'hex')
  const builder = new ColumnBuilder(1)
  const leftOut = decoderOf(given, type)?.(builder, bytes, 1, bytes.length - 2)
  return { value: [...readColumn(type, builder.build(), 1)][0], leftOut }
}

/** A view's columns may be sent wider or narrower than information_schema says. */
describe('values of the binary protocol', () => {
  it.each<[Wire, ColumnType, string, unknown]>([
    [wire('tiny'), int32, '80', -128],
    [wire('tiny', unsigned), int32, '80', 128],
    [wire('short'), int64, '0080', -32_768n],
    [wire('year', unsigned), int32, '6b08', 2155],
    [wire('int24'), int32, '000080ff', -8_388_608],
    [wire('long', unsigned), int32, 'ffffff7f', 2_147_483_647],
    [wire('long', unsigned), int64, 'ffffffff', 4_294_967_295n],
    [wire('long'), int64, 'ffffffff', -1n],
    [wire('longlong'), int32, '00000080ffffffff', -2_147_483_648],
    [wire('longlong'), int64, '0000000000000080', -9_223_372_036_854_775_808n],
    [wire('longlong', unsigned), decimal(20, 0), 'ffffffffffffffff', '18446744073709551615'],
    [wire('longlong'), decimal(20, 0), 'ffffffffffffffff', '-1'],
    // Of an expression in a view the server may write fewer digits than it announces.
    [wire('decimal', { decimals: 2 }), decimal(12, 2), text('-12.34'), '-12.34'],
    [wire('decimal', { decimals: 2 }), decimal(12, 2), text('12.3'), '12.30'],
    [wire('decimal', { decimals: 2 }), decimal(12, 2), text('-7'), '-7.00'],
    [wire('decimal', { decimals: 10 }), decimal(38, 10), text('7.5'), '7.5000000000'],
    [wire('float'), float64, '0000c03f', 1.5],
    [wire('double'), { kind: 'float32' }, '000000000000f83f', 1.5],
    [wire('datetime'), timestamp, 'b2070102', 86_400_000_000n],
    [wire('datetime', { decimals: 6 }), timestamp, 'b207010100000101000000', 1_000_001n],
    [wire('timestamp'), timestamp, 'b2070101010203', 3_723_000_000n],
  ])('%o as %o: %s', (given, type, hex, value) => {
    expect(decoded(given, type, hex)).toEqual({ value, leftOut: undefined })
  })

  it.each<[Wire, ColumnType, string, string]>([
    [wire('decimal', { decimals: 2 }), decimal(12, 2), text('1.234'), '1.234'],
    [wire('long', unsigned), int32, '00000080', '2147483648'],
    [wire('longlong'), int32, '0000008000000000', '2147483648'],
    [wire('longlong'), int32, 'ffffff7fffffffff', '-2147483649'],
    [wire('longlong', unsigned), int32, 'ffffffffffffffff', '18446744073709551615'],
    [wire('longlong', unsigned), int64, '0000000000000080', '9223372036854775808'],
    [wire('datetime', { decimals: 3 }), timestamp, '', '0000-00-00 00:00:00.000'],
    [wire('datetime', { decimals: 6 }), timestamp, 'e807000f01020304000000', '2024-00-15 01:02:03.000004'],
    [wire('timestamp'), timestamp, 'e8070f01', '2024-15-01 00:00:00'],
  ])('%o as %o: %s does not fit', (given, type, hex, leftOut) => {
    expect(decoded(given, type, hex)).toEqual({ value: null, leftOut })
  })

  it.each<[Wire, ColumnType]>([
    [wire('decimal', { decimals: 4 }), decimal(12, 2)],
    [wire('long'), decimal(12, 2)],
    [wire('decimal'), int64],
    [wire('decimal'), float64],
    [wire('datetime'), { kind: 'date' }],
    [wire('time'), { kind: 'text' }],
    [wire('double'), { kind: 'text' }],
    [wire('long'), { kind: 'boolean' }],
  ])('%o cannot be read as %o', (given, type) => {
    expect(decoderOf(given, type)).toBeUndefined()
  })
})
