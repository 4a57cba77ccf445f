import { giveBuffer, takeBuffer } from '../columns/buffer-pool.ts'
import type { Column, Field } from '../columns/column.ts'
import { widthOf } from '../columns/column-reader.ts'
import type { Codec } from './codec.ts'
import { Dictionary } from './dictionary.ts'
import { bitsFor, hybrid } from './hybrid.ts'
import { definitionLevels, packBooleans } from './levels.ts'
import { type Levels, listLevels } from './list-levels.ts'
import { leafType, pathOf, physicalType } from './schema-element.ts'
import { type Bounds, trackBounds } from './statistics.ts'
import { ThriftWriter } from './thrift.ts'

/** The same value in every row: what metadata columns mostly are. `value` is in the layout of column.ts. */
export interface ConstantColumn {
  readonly constant: Uint8Array
}

/** Bytes out, in order; resolves when more may come. The bytes are the sink's until then, and no longer. */
export type Sink = (bytes: Uint8Array) => Promise<void>

/** What the footer says of one written chunk (parquet.thrift, ColumnMetaData). */
export interface ChunkFacts {
  readonly field: Field
  /** Entries of the levels: see Levels. */
  readonly values: number
  readonly nulls: number
  readonly rawBytes: number
  readonly storedBytes: number
  readonly dictionaryOffset: number | undefined
  readonly dataOffset: number
  readonly encodings: readonly number[]
  readonly bounds: Bounds | undefined
}

export const encoding = { plain: 0, rle: 3, rleDictionary: 8 } as const
const pageType = { data: 0, dictionary: 2 } as const

interface Page {
  readonly values: number
  readonly encoding: number
  readonly rawBytes: number
  readonly stored: Promise<Uint8Array>
}

const none = Buffer.alloc(0)

/** The pages of one column in one row group, compressing in the background until the group is written. */
export class ColumnChunk {
  readonly #field: Field
  readonly #codec: Codec
  readonly #bounds
  readonly #pages: Page[] = []
  readonly #dictionary: Dictionary
  #values = 0
  #nulls = 0

  constructor(field: Field, codec: Codec) {
    this.#field = field
    this.#codec = codec
    this.#bounds = trackBounds(leafType(field.type))
    this.#dictionary = new Dictionary(widthOf(leafType(field.type)))
  }

  /** Resolves when the page is compressed. */
  add(rows: number, column: Column | ConstantColumn): Promise<unknown> {
    if ('constant' in column) return this.#addConstant(rows, column.constant)
    const { name, nullable } = this.#field
    // Without levels its page would be read as other values.
    if (column.nulls > 0 && !nullable) throw new Error(`column "${name}" is required and has ${column.nulls} NULLs`)
    if (column.elements) return this.#addLists(rows, column, column.elements)
    // Levels and values are compressed as one: the layout of version 1 data pages, which every reader knows.
    const levels = nullable ? definitionLevels(column.present, rows) : none
    return this.#addValues({ bytes: levels, entries: rows, nulls: column.nulls }, column)
  }

  async write(out: Sink, offset: number): Promise<ChunkFacts> {
    let at = offset
    let rawBytes = 0
    const emit = async (header: Buffer, body: Uint8Array, raw: number) => {
      await out(header)
      await out(body)
      at += header.length + body.length
      rawBytes += header.length + raw
    }
    const dictionary = this.#pages.some((page) => page.encoding === encoding.rleDictionary)
    if (dictionary) await emit(...(await this.#dictionaryPage()))
    const dataOffset = at
    for (const page of this.#pages) {
      const stored = await page.stored
      await emit(dataHeader(page, stored.length), stored, page.rawBytes)
      free(stored)
    }
    return {
      field: this.#field,
      values: this.#values,
      nulls: this.#nulls,
      rawBytes,
      storedBytes: at - offset,
      dictionaryOffset: dictionary ? offset : undefined,
      dataOffset,
      encodings: [
        ...new Set([
          encoding.rle,
          ...this.#pages.map((page) => page.encoding),
          ...(dictionary ? [encoding.plain] : []),
        ]),
      ],
      bounds: this.#bounds.bounds(),
    }
  }

  #addLists(rows: number, column: Column, elements: Column): Promise<unknown> {
    const levels = listLevels(column, rows, this.#field.nullable)
    giveBuffer(column.values)
    return this.#addValues(levels, elements)
  }

  #addValues(levels: Levels, { values, headroom }: Column): Promise<unknown> {
    const { entries, nulls } = levels
    this.#nulls += nulls
    const isBoolean = leafType(this.#field.type).kind === 'boolean'
    const present = entries - nulls
    const indices = isBoolean || present === 0 ? undefined : this.#dictionary.indicesOf(values, present)
    if (!indices) this.#bounds.add(values)
    if (!indices && !isBoolean) return this.#addPage(entries, encoding.plain, joined(levels.bytes, values, headroom))
    const body = joined(levels.bytes, indices ? this.#references(indices) : packBooleans(values))
    giveBuffer(values)
    return this.#addPage(entries, indices ? encoding.rleDictionary : encoding.plain, body)
  }

  #addConstant(rows: number, value: Uint8Array): Promise<unknown> {
    const indices = new Uint16Array(rows).fill(this.#dictionary.indexOf(value))
    const levels = this.#field.nullable ? definitionLevels(undefined, rows) : none
    return this.#addPage(rows, encoding.rleDictionary, joined(levels, this.#references(indices)))
  }

  /** What a page of indices holds: how wide they are, then they. */
  #references(indices: Uint16Array): Uint8Array {
    const bitWidth = bitsFor(this.#dictionary.size)
    return Buffer.concat([Buffer.of(bitWidth), hybrid(indices, bitWidth)])
  }

  #addPage(values: number, pageEncoding: number, body: Uint8Array): Promise<unknown> {
    const rawBytes = body.length
    this.#values += values
    const stored = this.#codec.compress(body).then((compressed) => {
      if (compressed !== body) giveBuffer(body)
      return compressed
    })
    // Awaited when the group is written; until then a failure must not count as unhandled.
    stored.catch(() => {})
    this.#pages.push({ values, encoding: pageEncoding, rawBytes, stored })
    return stored
  }

  /** Header and body of the page that the others refer to, and the size of the body before compression. */
  async #dictionaryPage(): Promise<[Buffer, Uint8Array, number]> {
    const { bytes, size } = this.#dictionary
    this.#bounds.add(bytes)
    const values = this.#field.type.kind === 'boolean' ? packBooleans(bytes) : bytes
    const stored = await this.#codec.compress(values)
    return [dictionaryHeader(size, values.length, stored.length), stored, values.length]
  }
}

/** `head` and `values` as one, with the memory before the values where there is enough. `values` is used up. */
const joined = (head: Uint8Array, values: Uint8Array, headroom = 0): Uint8Array => {
  if (head.length === 0) return values
  if (head.length <= headroom) {
    const body = Buffer.from(values.buffer, values.byteOffset - head.length, head.length + values.length)
    body.set(head)
    return body
  }
  const body = takeBuffer(head.length + values.length).subarray(0, head.length + values.length)
  body.set(head)
  body.set(values, head.length)
  giveBuffer(values)
  return body
}

/** Frees the memory of a written page at once: waiting for the garbage collector keeps more than 100 MB of them. */
const free = (stored: Uint8Array): void => {
  if (giveBuffer(stored)) return
  const { buffer } = stored
  // What another may see a part of stays.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === stored.length) buffer.transfer(0)
}

const dataHeader = (page: Page, storedBytes: number): Buffer => {
  const thrift = new ThriftWriter()
  thrift.i32(1, pageType.data)
  thrift.i32(2, page.rawBytes)
  thrift.i32(3, storedBytes)
  thrift.struct(5, () => {
    thrift.i32(1, page.values)
    thrift.i32(2, page.encoding)
    thrift.i32(3, encoding.rle)
    thrift.i32(4, encoding.rle)
  })
  return thrift.finish()
}

const dictionaryHeader = (values: number, rawBytes: number, storedBytes: number): Buffer => {
  const thrift = new ThriftWriter()
  thrift.i32(1, pageType.dictionary)
  thrift.i32(2, rawBytes)
  thrift.i32(3, storedBytes)
  thrift.struct(7, () => {
    thrift.i32(1, values)
    thrift.i32(2, encoding.plain)
  })
  return thrift.finish()
}

/** parquet.thrift, ColumnChunk. */
export const writeChunkFacts = (thrift: ThriftWriter, facts: ChunkFacts, codecId: number): void => {
  thrift.i64(2, facts.dictionaryOffset ?? facts.dataOffset)
  thrift.struct(3, () => {
    thrift.i32(1, physicalType(leafType(facts.field.type)))
    thrift.i32s(2, facts.encodings)
    thrift.strings(3, pathOf(facts.field))
    thrift.i32(4, codecId)
    thrift.i64(5, facts.values)
    thrift.i64(6, facts.rawBytes)
    thrift.i64(7, facts.storedBytes)
    thrift.i64(9, facts.dataOffset)
    if (facts.dictionaryOffset !== undefined) thrift.i64(11, facts.dictionaryOffset)
    thrift.struct(12, () => {
      thrift.i64(3, facts.nulls)
      const { bounds } = facts
      if (!bounds) return
      if (bounds.max) thrift.binary(5, bounds.max)
      thrift.binary(6, bounds.min)
      if (bounds.max) thrift.bool(7, bounds.maxExact)
      thrift.bool(8, bounds.minExact)
    })
  })
}
