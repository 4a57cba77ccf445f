import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { valueAt } from '../../../../lib/connectors/source-rest/json-path.ts'
import { type JsonText, parseJson } from '../../../../lib/connectors/source-rest/json-text.ts'

/** What JSON is made of, and characters of one to four bytes; fast-check's own of all Unicode take a second to begin with. */
const character = fc.constantFrom(...'a0 -"\\/{}[],:\n\0\x7fé\u2028中😀')

/** The same as JSON.parse, from the places of the values. */
const plain = (json: JsonText, at: number): unknown => {
  switch (json.kind(at)) {
    case 'object': {
      const object = {}
      for (const [key, value] of json.members(at))
        Object.defineProperty(object, key, {
          value: plain(json, value),
          enumerable: true,
          configurable: true,
          writable: true,
        })
      return object
    }
    case 'list':
      return json.elements(at).map((element) => plain(json, element))
    case 'text':
      return json.text(at)
    case 'null':
      return null
    default:
      return JSON.parse(json.source(at).toString())
  }
}

const parse = (text: string) => parseJson(Buffer.from(text))
const rootOf = (text: string) => plain(parse(text), 0)

describe('a JSON text', () => {
  it('has the values that JSON.parse finds, with and without spaces', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: character }), fc.constantFrom('', ' ', '\n\t'), (text, space) => {
        const value = JSON.parse(text)
        const written = JSON.stringify(value, null, space)
        expect(rootOf(written)).toEqual(value)
        expect(parse(written).source(0).toString()).toBe(JSON.stringify(value))
      }),
      { seed: 20_261_122 },
    )
  })

  it.each([
    '{"__proto__":1,"":2,"a":{"__proto__":[]}}',
    '"\\ud83d\\ude00\\u0000\\/\\b"',
    '"\\ud83d"',
    '-0.0e-0',
    '[[],{},[{}]]',
    ' \t\r\n[ 1 , { "a" : "\\\\" , "b\\"" : " x , y " } ] ',
    '"\u2028"',
  ])('%s is read', (text) => {
    expect(rootOf(text)).toEqual(JSON.parse(text))
    expect(JSON.parse(parse(text).source(0).toString())).toEqual(JSON.parse(text))
  })

  it.each([
    ['01', false],
    ['1.', true],
    ['.5', false],
    ['-', true],
    ['+1', false],
    ['1e', true],
    ['NaN', false],
    ['nul', true],
    ['nulL', false],
    ['"\n"', false],
    ['"\\x"', false],
    ['"\\u12G4"', false],
    ["'a'", false],
    ['"a', true],
    ['"\\', true],
    ['[1,]', false],
    ['[1 2]', false],
    ['[', true],
    [']', false],
    ['[}', false],
    ['{"a"}', false],
    ['{"a":}', false],
    ['{"a":1,}', false],
    ['{a:1}', false],
    ['{1:1}', false],
    ['{"a":1', true],
    ['{"a":', true],
    ['{"a"', true],
    ['[1]]', false],
    ['1 2', false],
    ['{} {}', false],
    ['[1],\n[2]', false],
    ['\u00a0[]', false],
    ['\0', false],
  ])('%j is none; whether it is cut off: %s', (text, isCut) => {
    expect(() => JSON.parse(text)).toThrow()
    expect(() => parse(text)).toThrow(expect.objectContaining({ name: 'JsonFault', isCut }))
  })

  it('keeps numbers, repeated keys and their order as they are written', () => {
    const text = '{"b":1.10,"a":1E400,"b":12345678901234567890,"1":-0}'
    const json = parse(text)
    expect(json.source(0).toString()).toBe(text)
    expect(json.members(0).map(([key, at]) => [key, json.scalar(at)])).toEqual([
      ['b', '1.10'],
      ['a', '1E400'],
      ['b', '12345678901234567890'],
      ['1', '-0'],
    ])
  })

  it('may be nested to any depth', () => {
    const depth = 200_000
    expect(parse('['.repeat(depth) + ']'.repeat(depth)).tape).toHaveLength(depth * 3)
  })

  it('may be several, one a line', () => {
    const json = parse('{"a":1}\n{"a":2}\r\n\n[3]\n')
    expect(json.roots.map((root) => plain(json, root))).toEqual([{ a: 1 }, { a: 2 }, [3]])
  })

  it.each([
    ['latin1', Buffer.from('["é"]', 'latin1'), 'iso-8859-1'],
    ['UTF-16', Buffer.from('["é"]', 'utf16le'), 'utf-16le'],
    ['UTF-8 in spite of what is said', Buffer.from('["é"]'), 'iso-8859-1'],
    ['UTF-8 with a byte order mark', Buffer.from('\ufeff["é"]'), undefined],
  ])('may be %s', (_, bytes, charset) => {
    const json = parseJson(bytes, charset)
    expect(plain(json, 0)).toEqual(['é'])
  })

  it.each([
    [Buffer.from('["é"]', 'latin1'), undefined],
    [Buffer.from('["é"]', 'latin1'), 'utf-8'],
    [Buffer.from('["é"]', 'latin1'), 'klingon'],
  ])('is refused in an unknown charset: %s %s', (bytes, charset) => {
    expect(() => parseJson(bytes, charset)).toThrow('not in the charset')
  })

  it.each([
    ['/a/1/b~1c', '7'],
    ['a.1.b/c', '7'],
    ['a.-1.b/c', '7'],
    ['a.-3', undefined],
    ['@odata.nextLink', '"u"'],
    ['/@odata.nextLink', '"u"'],
    ['d.x.y', '8'],
    ['.', '{"a":[0,{"b/c":7}],"@odata.nextLink":"u","d":{"x.y":8}}'],
    ['a.b', undefined],
    ['/d/x.y/z', undefined],
  ])('has at %s: %s', (path, source) => {
    const json = parse('{"a":[0,{"b/c":7}],"@odata.nextLink":"u","d":{"x.y":8}}')
    const at = valueAt(json, 0, path)
    expect(at === undefined ? undefined : json.source(at).toString()).toBe(source)
  })
})
