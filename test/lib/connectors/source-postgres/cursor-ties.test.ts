import { describe, expect, it } from 'vitest'
import { CursorTies, rowHash } from '../../../../lib/connectors/source-postgres/cursor-ties.ts'

/** A row of COPY BINARY: the cursor, or NULL, and a note. */
const row = (cursor: string | null, note: string): Buffer => {
  const fields = [cursor, note].flatMap((value) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(value === null ? -1 : Buffer.byteLength(value))
    return value === null ? [length] : [length, Buffer.from(value)]
  })
  return Buffer.concat([Buffer.from([0, 2]), ...fields])
}
const seen = (ties: CursorTies, rows: readonly Buffer[]) => {
  for (const one of rows) ties.see(Buffer.concat([Buffer.from('before'), one]), 6, 6 + one.length)
  return { value: ties.value?.toString(), hashes: ties.hashes()?.toSorted() }
}
const hashesOf = (rows: readonly Buffer[]) => rows.map(rowHash).toSorted()

describe('the rows at a cursor value', () => {
  const long = 'x'.repeat(100_000)
  const [a1, a2, b1, b2, nothing] = [
    row('a', '1'),
    row('a', long),
    row('b', long),
    row('b', '2'),
    row(null, '3'),
  ] as const

  it('are those of the last value of an ordered read; equal rows count one by one', () => {
    expect(seen(new CursorTies(0), [])).toEqual({ value: undefined, hashes: [] })
    expect(seen(new CursorTies(0), [a1])).toEqual({ value: 'a', hashes: hashesOf([a1]) })
    expect(seen(new CursorTies(0), [a1, a2, a2, nothing])).toEqual({ value: 'a', hashes: hashesOf([a1, a2, a2]) })
    expect(seen(new CursorTies(0), [a1, a2, b1, b2])).toEqual({ value: 'b', hashes: hashesOf([b1, b2]) })
  })

  it('are told also in the middle, and again', () => {
    const ties = new CursorTies(0)
    expect(seen(ties, [a1, b1])).toEqual({ value: 'b', hashes: hashesOf([b1]) })
    expect(seen(ties, [b2])).toEqual({ value: 'b', hashes: hashesOf([b1, b2]) })
    expect(seen(ties, [])).toEqual({ value: 'b', hashes: hashesOf([b1, b2]) })
  })

  it('are those of the given value of an unordered read', () => {
    expect(seen(new CursorTies(0, Buffer.from('a')), [b1, a1, b2, a2])).toEqual({
      value: 'a',
      hashes: hashesOf([a1, a2]),
    })
  })

  it('are not remembered beyond ten thousand, until the next value', () => {
    const ties = new CursorTies(0)
    const many = Array.from({ length: 10_000 }, (_, index) => row('a', String(index)))
    expect(seen(ties, many).hashes).toHaveLength(10_000)
    expect(seen(ties, [a1]).hashes).toBeUndefined()
    expect(seen(ties, [b1])).toEqual({ value: 'b', hashes: hashesOf([b1]) })
  })
})
