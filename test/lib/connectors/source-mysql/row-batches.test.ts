import { describe, expect, it } from 'vitest'
import type { ColumnType } from '../../../../lib/connectors/columns/column.ts'
import { RowBatches } from '../../../../lib/connectors/source-mysql/row-batches.ts'
import { type Wire, wireTypes } from '../../../../lib/connectors/source-mysql/wire.ts'

const column = (type: ColumnType) => [{ field: { name: 'total', type, nullable: true } }]
const wire = (type: number): Wire => ({ type, isUnsigned: false, decimals: 2 })

describe('batches of rows', () => {
  it('a column that comes as a type it cannot hold is named, with the way out', () => {
    const batches = new RowBatches(column({ kind: 'int32' }), 1, () => undefined)
    const fault = { code: 'connector_config', message: expect.stringMatching(/"total" is int32 .* type 246 .*asText/) }
    expect(() => batches.expect([wire(253), wire(wireTypes.decimal)])).toThrow(expect.objectContaining(fault))
  })

  it('a row that is longer than its packet is refused', () => {
    const batches = new RowBatches(column({ kind: 'int32' }), 0, () => undefined)
    batches.expect([wire(wireTypes.long)])
    expect(() => batches.add(Buffer.from('00000102', 'hex'), 0, 4)).toThrow('longer than its packet')
  })

  it('a large row ends its batch and holds up the server', () => {
    const batches = new RowBatches(column({ kind: 'text' }), 0, () => undefined)
    batches.expect([wire(253)])
    const value = Buffer.alloc(9 << 20, 'x')
    const length = Buffer.from([0xfd, 0, 0, value.length >> 16])
    const row = Buffer.concat([Buffer.from([0, 0]), length, value])
    batches.add(row, 0, row.length)
    expect(batches).toMatchObject({ ready: 1, isFull: true })
    expect(batches.take()).toMatchObject({ rows: 1, sourceBytes: row.length })
    expect(batches).toMatchObject({ ready: 0, isFull: false })
  })
})
