import { describe, expect, it } from 'vitest'
import { objectPaths, type PathInput } from '../../../../lib/connectors/destination-s3/object-path.ts'
import { connectionSpecification } from '../../../../lib/connectors/destination-s3/spec.ts'

const defaults = connectionSpecification.properties
const sync = { connectionId: 'one', jobId: 5, attempt: 2, startedAt: new Date(), generationId: 1 }
const input: PathInput = {
  path: 'bronze',
  pathFormat: defaults.s3_path_format.default,
  fileNamePattern: defaults.file_name_pattern.default,
  extension: '.parquet',
  namespace: 'public',
  name: 'orders',
  sync,
  openedAt: new Date('2026-01-02T03:04:05.678Z'),
  uuid: '00000000-0000-4000-8000-000000000000',
}
const paths = (more: Partial<PathInput> = {}) => objectPaths({ ...input, ...more })

describe('object paths', () => {
  it('follow the template of Airbyte, and name connection, job and attempt', () => {
    expect(paths().key(3)).toMatch(/^bronze\/public\/orders\/2026_01_02_1767323045678_3-[0-9a-f]{16}-5-2\.parquet$/)
    expect(paths().prefix).toBe('bronze/public/orders/')
  })

  it.each([
    ['no namespace', { namespace: undefined }, /^bronze\/orders\/2026/],
    ['no folder', { path: '' }, /^public\/orders\/2026/],
    ['a pattern without part', { fileNamePattern: '{date}' }, /_2026_01_02-3-[0-9a-f]{16}-5-2\.parquet$/],
    [
      'a date of its own',
      { fileNamePattern: '{date:yyyy-MM}_{part_number}{format_extension}' },
      /_2026-01_3-[0-9a-f]{16}-5-2\.parquet$/,
    ],
    [
      'a date with folders',
      { fileNamePattern: '{date:yyyy/MM/dd}/{timestamp:HH.mm.ss}_{part_number}' },
      /_2026\/01\/02\/03\.04\.05_3-[0-9a-f]{16}-5-2\.parquet$/,
    ],
    ['a name that would climb', { name: '..', namespace: 'a/b' }, /^bronze\/a%2Fb\/%2E%2E\/2026/],
    ['no folder and no namespace', { path: '', namespace: undefined }, /^orders\/2026/],
  ])('%s', (_, more, pattern) => {
    const made = paths(more)
    const key = made.key(3)
    expect(key).toMatch(pattern)
    expect(key.startsWith(made.prefix)).toBe(true)
    // What is not known again is never replaced.
    expect([made.isOfStream(key), made.isOfConnection(key), made.isOfAttempt(key)]).toEqual([true, true, true])
  })

  it('know their own from others', () => {
    const { isOfAttempt, isOfConnection, isOfStream } = paths()
    const own = paths().key(0)
    const later = paths({ openedAt: new Date('2027-01-01'), sync: { ...sync, jobId: 6, attempt: 0 } }).key(1)
    const other = paths({ sync: { ...sync, connectionId: 'two' } }).key(0)
    const airbytes = 'bronze/public/orders/2024_01_01_1704067200000_0.parquet'
    const neighbours = [
      paths({ name: 'orders_archive' }).key(0),
      paths({ name: 'orders', path: 'silver' }).key(0),
      'bronze/public/orders/notes.txt',
    ]
    expect([own, later, other, airbytes].map(isOfStream)).toEqual([true, true, true, true])
    expect([own, later, other, airbytes].map(isOfConnection)).toEqual([true, true, false, false])
    expect([own, later, other].map(isOfAttempt)).toEqual([true, false, false])
    expect(neighbours.map(isOfStream)).toEqual([false, false, false])
  })

  it('tell streams apart that a template does not', () => {
    const template = (names: readonly string[]) => names.map((name) => `\${${name}}`).join('_')
    const both = (pathFormat: string, fileNamePattern: string, ...names: Partial<PathInput>[]) =>
      names.map((name) => paths({ pathFormat, fileNamePattern, ...name }))
    for (const [one, other] of [
      both(template(['YEAR']), '{part_number}', { name: 'a' }, { name: 'b' }),
      both(template(['STREAM_NAME']), '', { namespace: 'a' }, { namespace: 'b' }),
      both(
        template(['NAMESPACE', 'STREAM_NAME']),
        '',
        { namespace: 'a', name: 'b_c' },
        { namespace: 'a_b', name: 'c' },
      ),
      both(`${template(['STREAM_NAME'])}_`, '{date:yyyy}', { name: 'orders' }, { name: 'orders_old' }),
    ]) {
      const [first = '', second = ''] = [one?.key(0), other?.key(0)]
      expect(first).not.toBe(second)
      expect([one?.isOfStream(first), one?.isOfStream(second), other?.isOfStream(first)]).toEqual([true, false, false])
    }
    // Objects of Airbyte itself have no tag: their dates are looked at.
    const [orders] = both(template(['STREAM_NAME']), '_{date:yyyy_MM}', { name: 'orders' })
    expect(orders?.isOfStream('bronze/orders_2024_01-0.parquet')).toBe(true)
    expect(orders?.isOfStream('bronze/orders_old_2024_01-0.parquet')).toBe(false)
  })
})
