import { describe, expect, it } from 'vitest'
import { giveBuffer, takeBuffer } from '../../../../lib/connectors/columns/buffer-pool.ts'

describe('the pool of buffers', () => {
  it('gives a returned buffer again, to one that asks for no more than it has', () => {
    const first = takeBuffer(300_000)
    expect(giveBuffer(first.subarray(8, 100))).toBe(true)
    const second = takeBuffer(280_000)
    expect(second.buffer).toBe(first.buffer)
    expect(takeBuffer(280_000).buffer).not.toBe(first.buffer)
    giveBuffer(second)
    const larger = takeBuffer(2_000_000)
    expect(larger.length).toBeGreaterThanOrEqual(2_000_000)
  })

  it('takes a buffer back once, and none that is not its own', () => {
    const own = takeBuffer(100_000)
    expect(giveBuffer(own)).toBe(true)
    expect(giveBuffer(own)).toBe(false)
    const foreign = Buffer.allocUnsafeSlow(own.length)
    expect(giveBuffer(foreign)).toBe(false)
    const [one, other] = [takeBuffer(100_000), takeBuffer(100_000)]
    expect(one.buffer).not.toBe(other.buffer)
    expect([one.buffer, other.buffer]).not.toContain(foreign.buffer)
  })

  it('frees what nobody needs: no more than 48 MiB lie unused', () => {
    const many = Array.from({ length: 20 }, () => takeBuffer(4 << 20))
    for (const buffer of many) giveBuffer(buffer)
    expect(many.filter((buffer) => buffer.buffer.byteLength > 0).length).toBeLessThanOrEqual(12)
  })
})
