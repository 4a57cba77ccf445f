import { describe, expect, it } from 'vitest'
import { compareCursors, parameterAt } from '../../../../lib/connectors/source-rest/cursor-order.ts'

describe('the order of cursors', () => {
  it.each([
    ['9', '10'],
    ['-2', '-1'],
    ['1704067200.123456', '1704067200.123457'],
    ['9007199254740992', '9007199254740993'],
    ['2024-01-01T23:30:00-02:00', '2024-01-02T02:00:00Z'],
    ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000001Z'],
    ['2024-01-01T00:00:00.09Z', '2024-01-01T00:00:00.1Z'],
    ['2024-01-01', '2024-01-01T00:00:01+0000'],
    ['2024-01-01 00:00:00 UTC', '2024-01-01T00:00:01Z'],
    ['Wed, 31 Jan 2024 10:00:00 GMT', 'Thu, 01 Feb 2024 10:00:00 GMT'],
    ['01HV8XAAAA', '01HV8XAAAB'],
  ])('%s is before %s', (a, b) => {
    expect(compareCursors(a, b)).toBe(-1)
    expect(compareCursors(b, a)).toBe(1)
    expect(compareCursors(a, a)).toBe(0)
  })

  it.each([
    ['2024-01-01T00:00:00+01:00', '2023-12-31T23:00:00Z'],
    ['2024-01-01T00:00:00.500Z', '2024-01-01T00:00:00.5Z'],
    ['1.50', '1.5'],
  ])('%s is the same as %s', (a, b) => expect(compareCursors(a, b)).toBe(0))

  it.each([
    ['31/01/2024', '01/02/2024'],
    ['Jan 31, 2024', 'Feb 1, 2024'],
    ['31-JAN-24', '01-FEB-24'],
    ['Wed Jan 31 10:00:00 +0000 2024', 'Thu Feb 01 10:00:00 +0000 2024'],
    ['2024-9-30', '2024-10-01'],
    ['2024/09/5', '2024/09/10'],
  ])('of %s and %s does not exist', (a, b) => {
    expect(() => compareCursors(a, b)).toThrow('ISO 8601')
    expect(() => compareCursors(b, a)).toThrow('ISO 8601')
  })

  it.each([
    ['2024/01/31', '2024/02/01'],
    ['2024.01.31 10:00', '2024.02.01 09:00'],
    ['janitor-1', 'janitor-2'],
    ['marlene', 'mayor'],
  ])('of %s and %s is that of their characters', (a, b) => expect(compareCursors(a, b)).toBe(-1))
})

describe('the parameter for a cursor', () => {
  const zero = { cursorField: 'at', lookbackSeconds: 0 }
  it.each([
    ['as_is', 0, '2024-01-01T00:00:00+01:00', '"2024-01-01T00:00:00+01:00"'],
    ['as_is', 0, 'anything', '"anything"'],
    ['as_is', 60, '2024-01-01T00:00:30.9Z', '"2023-12-31T23:59:30Z"'],
    ['as_is', 60, '2024-01-01 00:00:30', '"2023-12-31 23:59:30"'],
    ['as_is', 60, '1704067200', '1704067140'],
    ['as_is', 60, '1704067200123', '1704067140123'],
    ['as_is', 60, 'Mon, 01 Jan 2024 00:00:30 GMT', '"Sun, 31 Dec 2023 23:59:30 GMT"'],
    ['date', 0, '2024-01-01T00:00:00Z', '"2023-12-31"'],
    ['date', 0, '2024-03-01T23:00:00-05:00', '"2024-03-01"'],
    ['datetime', 0, '1704067200.9', '"2024-01-01T00:00:00Z"'],
    ['unix_seconds', 0, '2024-01-01T00:00:00.999Z', '1704067200'],
    ['unix_seconds', 0, '1704067200999', '1704067200'],
    ['unix_milliseconds', 60, '2024-01-01T01:01:00+01:00', '1704067200000'],
  ] as const)('%s, %i s back, for %s is %s', (format, lookbackSeconds, cursor, expected) => {
    expect(parameterAt({ ...zero, format, lookbackSeconds }, cursor)).toBe(expected)
  })

  it('is refused where the cursor is no moment', () => {
    expect(() => parameterAt({ ...zero, format: 'date' }, 'abc')).toThrow('at is "abc"')
  })
})
