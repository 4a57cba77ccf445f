import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Answer } from '../../../../lib/connectors/source-rest/answer.ts'
import { partsOf } from '../../../../lib/connectors/source-rest/answer-parts.ts'

interface Given {
  readonly chunkBytes?: number
  readonly heldBytes?: number
  readonly maxBytes?: number
  readonly path?: string | undefined
  readonly charset?: string | undefined
}

/** What is handed over of an answer that comes in chunks, as it is written, part by part. */
const read = async (
  text: string | Buffer,
  { chunkBytes = 7, heldBytes = 64, maxBytes = 512, path, charset }: Given = {},
) => {
  const bytes = Buffer.from(text)
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  )
  const answer = new Answer({ type: undefined, charset, link: undefined }, Readable.from(chunks, { objectMode: true }))
  await answer.fill(heldBytes)
  const open = { answer, fill: (target: number) => answer.fill(target) }
  const where = { path, mayLack: false, isLines: false }
  const parts: string[][] = []
  const texts: string[] = []
  let received = 0
  let largest = 0
  let around = ''
  for await (const { json, records, text, bytes, last } of partsOf(open, where, {
    heldBytes,
    maxBytes,
    isWhole: false,
  })) {
    parts.push(records.map((at) => json?.source(at).toString() ?? ''))
    texts.push(text.toString())
    received += bytes
    largest = Math.max(largest, json?.bytes.length ?? 0)
    if (last) around = json?.bytes.toString() ?? ''
    json?.release()
  }
  return { parts, records: parts.flat(), text: texts.join(''), received, largest, around }
}

const record = fc.record({
  id: fc.integer(),
  'nämé"\\': fc.string({ unit: fc.constantFrom(...'a"\\{}[],\né中😀'), maxLength: 30 }),
  list: fc.array(fc.integer()),
})
const value = fc.oneof(record, fc.double(), fc.boolean(), fc.constant(null), fc.string())
const sizes = { chunkBytes: fc.integer({ min: 1, max: 90 }), heldBytes: fc.integer({ min: 1, max: 200 }) }
const space = fc.constantFrom('', ' ', '\n')
const large = { maxBytes: 1 << 20 }

describe('an answer in parts', () => {
  it('has the records that it has in one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1 }), fc.record(sizes), space, async (records, size, indent) => {
        const written = records.map((one) => JSON.stringify(one))
        for (const [text, path] of [
          [JSON.stringify(records, null, indent), undefined],
          [JSON.stringify({ note: 'é', data: records, next: 'x' }, null, indent), undefined],
          [JSON.stringify({ a: { b: [records] }, next: [1] }, null, indent), 'a.b.0'],
        ] as const) {
          const whole = await read(text, { ...large, path, heldBytes: 1 << 20 })
          const found = await read(text, { ...size, ...large, path })
          expect(found.records).toEqual(written)
          expect(found.text).toBe(whole.text)
          expect(found.received).toBe(Buffer.byteLength(text))
        }
      }),
    )
  })

  it('has the lines that it has in one', async () => {
    const lines = fc.array(fc.oneof(record, fc.integer(), fc.constant([])), { minLength: 2 })
    await fc.assert(
      fc.asyncProperty(lines, fc.record(sizes), fc.constantFrom('\n', '\r\n', '\n\n'), async (records, size, end) => {
        const text = records.map((one) => JSON.stringify(one)).join(end) + end
        const written = records.filter((one) => !Array.isArray(one)).map((one) => JSON.stringify(one))
        expect((await read(text, { ...size, ...large })).records).toEqual(written)
      }),
    )
  })

  const records = Array.from({ length: 200 }, (_, id) => ({ id, name: 'é'.repeat(id % 9) }))
  const written = records.map((one) => JSON.stringify(one))

  it('is held as far as it must be', async () => {
    const { parts, largest, around } = await read(JSON.stringify({ total: 200, data: records, next: 'token' }))
    expect(parts.length).toBeGreaterThan(20)
    expect(parts.flat()).toEqual(written)
    expect(largest).toBeLessThan(200)
    // What says where to go on: the token, and the last record.
    expect(around).toMatch(/^\{"total":200,"data":\[.*\{"id":199,.*\],"next":"token"\}$/)
  })

  it('may begin with a byte order mark', async () => {
    expect((await read(`\ufeff${JSON.stringify(records)}`)).records).toEqual(written)
  })

  it('is held whole where it is not UTF-8', async () => {
    const text = Buffer.from(JSON.stringify(records), 'latin1')
    const { parts } = await read(text, { charset: 'iso-8859-1', maxBytes: text.length })
    expect(parts).toHaveLength(1)
    expect(parts.flat()).toEqual(written)
    await expect(read(text, large)).rejects.toThrow('not in the charset UTF-8')
  })

  it.each([
    ['a comma too many', `[${written.join(',')},]`, {}],
    ['a comma too few', `[${written.join(' ')}]`, {}],
    ['something after its end', `[${written.join(',')}] x`, {}],
    ['no end', `[${written.join(',')}`, {}],
  ])('with %s is refused', async (_, text) => {
    await expect(read(text)).rejects.toMatchObject({ name: 'JsonFault' })
  })

  it('tells where it is wrong, and that it breaks off', async () => {
    const text = `[${written.join(',')}, nope]`
    const fault = await read(text).catch((error: unknown) => error)
    expect(fault).toMatchObject({ name: 'JsonFault', isCut: false })
  })

  it.each([
    ['one record that is too large', JSON.stringify([{ id: 'x'.repeat(600) }])],
    ['an object with everything in it', JSON.stringify({ a: { b: 'x'.repeat(600) } })],
    ['too much before its records', JSON.stringify({ meta: 'x'.repeat(600), data: records })],
    ['too much after its records', JSON.stringify({ data: records, meta: 'x'.repeat(600) })],
  ])('is refused with %s', async (_, text) => {
    await expect(read(text)).rejects.toMatchObject({ name: 'TooLarge' })
  })

  it.each([
    ['has a list with a better name later', { items: records, data: [{ id: 1 }] }],
    ['has the same list again', `{"data":${JSON.stringify(records)},"data":[{"id":1}]}`],
    ['has a second list of objects', { orders: records, people: [{ id: 1 }] }],
    ['has other kinds among its objects at last', { orders: [...records, 7] }],
  ])('that %s asks for records_path', async (_, given) => {
    const text = typeof given === 'string' ? given : JSON.stringify(given)
    await expect(read(text, large)).rejects.toMatchObject({ errors: [{ pointer: '/records_path' }] })
  })

  it('fails though it says only at its end that it failed', async () => {
    await expect(read(JSON.stringify({ data: records, error: 'quota' }), large)).rejects.toThrow('quota')
  })
})
