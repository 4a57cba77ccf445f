import type { Column, ScalarType } from '../columns/column.ts'
import { maxNumericBytes, NumericWriter } from './numeric.ts'

/**
 * Writes the values of one column as fields of COPY BINARY: a length of four bytes, then the value; -1 = NULL.
 * Rows are taken in order, some at a time: first `measure`, then `write` for the same ones.
 */
export interface ValueWriter {
  begin(column: Column): void
  /** Adds the bytes of each field to `sizes[row - from]`. */
  measure(from: number, to: number, sizes: Int32Array): void
  /** Puts each field at `ends[row - from]` and moves that on. */
  write(from: number, to: number, out: Buffer, view: DataView, ends: Int32Array): void
}

/** The writer from a column of `type` to one that Postgres calls `target`, see fitColumn. */
export const valueWriter = (type: ScalarType, target: string): ValueWriter => {
  const isNumeric = target.startsWith('numeric')
  switch (type.kind) {
    case 'boolean':
      return new FixedWriter(1, 1, (view, from, out, at) => out.setUint8(at, view.getUint8(from)))
    case 'int32':
      if (isNumeric) return new NumericColumnWriter(0, 4)
      if (target === 'bigint') {
        return new FixedWriter(4, 8, (view, from, out, at) => out.setBigInt64(at, BigInt(view.getInt32(from, true))))
      }
      return new FixedWriter(4, 4, (view, from, out, at) => out.setInt32(at, view.getInt32(from, true)))
    case 'int64':
      return isNumeric ? new NumericColumnWriter(0, 8) : new FixedWriter(8, 8, swap8)
    case 'time':
    case 'float64':
      return new FixedWriter(8, 8, swap8)
    case 'float32':
      if (target === 'double precision') {
        return new FixedWriter(4, 8, (view, from, out, at) => out.setFloat64(at, view.getFloat32(from, true)))
      }
      return new FixedWriter(4, 4, (view, from, out, at) => out.setInt32(at, view.getInt32(from, true)))
    case 'decimal':
      return new NumericColumnWriter(type.scale, type.precision <= 18 ? 8 : 16)
    case 'date':
      return new FixedWriter(4, 4, (view, from, out, at) => out.setInt32(at, view.getInt32(from, true) - epochDays))
    case 'timestamp':
      return new FixedWriter(8, 8, timestamp)
    case 'uuid':
      return new FixedWriter(16, 16, (view, from, out, at) => {
        for (let word = 0; word < 16; word += 4) out.setInt32(at + word, view.getInt32(from + word))
      })
    case 'json':
      return new BytesWriter(target === 'jsonb')
    case 'text':
    case 'binary':
      return new BytesWriter(false)
  }
}

/** Postgres counts from 2000-01-01. */
export const epochDays = 10_957
const epochMicros = BigInt(epochDays) * 86_400_000_000n
const epochHigh = Number(epochMicros >> 32n)
const epochLow = Number(BigInt.asUintN(32, epochMicros))

type Put = (view: DataView, from: number, out: DataView, at: number) => void

const swap8: Put = (view, from, out, at) => {
  out.setInt32(at, view.getInt32(from + 4, true))
  out.setInt32(at + 4, view.getInt32(from, true))
}

const timestamp: Put = (view, from, out, at) => {
  const low = view.getUint32(from, true) - epochLow
  out.setInt32(at, view.getInt32(from + 4, true) - epochHigh - (low < 0 ? 1 : 0))
  out.setInt32(at + 4, low)
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

class FixedWriter implements ValueWriter {
  readonly #width: number
  readonly #outWidth: number
  readonly #put: Put
  #view: DataView = new DataView(new ArrayBuffer(0))
  #present: Uint8Array | undefined
  #at = 0

  constructor(width: number, outWidth: number, put: Put) {
    this.#width = width
    this.#outWidth = outWidth
    this.#put = put
  }

  begin(column: Column): void {
    this.#view = viewOf(column.values)
    this.#present = column.present
    this.#at = 0
  }

  measure(from: number, to: number, sizes: Int32Array): void {
    for (let row = from; row < to; row++) {
      sizes[row - from] = (sizes[row - from] as number) + 4 + (this.#present?.[row] === 0 ? 0 : this.#outWidth)
    }
  }

  write(from: number, to: number, _out: Buffer, view: DataView, ends: Int32Array): void {
    const put = this.#put
    for (let row = from; row < to; row++) {
      const at = ends[row - from] as number
      if (this.#present?.[row] === 0) {
        view.setInt32(at, -1)
        ends[row - from] = at + 4
        continue
      }
      view.setInt32(at, this.#outWidth)
      put(this.#view, this.#at, view, at + 4)
      this.#at += this.#width
      ends[row - from] = at + 4 + this.#outWidth
    }
  }
}

/** From here on one native copy beats a loop. */
const nativeCopyBytes = 48

class BytesWriter implements ValueWriter {
  /** jsonb begins with the version of its format. */
  readonly #prefix: number
  #bytes: Buffer = Buffer.alloc(0)
  #view = viewOf(this.#bytes)
  #present: Uint8Array | undefined
  #measured = 0
  #at = 0

  constructor(isJsonb: boolean) {
    this.#prefix = isJsonb ? 1 : 0
  }

  begin(column: Column): void {
    this.#bytes = Buffer.from(column.values.buffer, column.values.byteOffset, column.values.length)
    this.#view = viewOf(this.#bytes)
    this.#present = column.present
    this.#measured = 0
    this.#at = 0
  }

  measure(from: number, to: number, sizes: Int32Array): void {
    for (let row = from; row < to; row++) {
      let size = 4
      if (this.#present?.[row] !== 0) {
        const width = this.#view.getUint32(this.#measured, true)
        this.#measured += 4 + width
        size += this.#prefix + width
      }
      sizes[row - from] = (sizes[row - from] as number) + size
    }
  }

  write(from: number, to: number, out: Buffer, view: DataView, ends: Int32Array): void {
    const bytes = this.#bytes
    for (let row = from; row < to; row++) {
      let at = ends[row - from] as number
      if (this.#present?.[row] === 0) {
        view.setInt32(at, -1)
        ends[row - from] = at + 4
        continue
      }
      const width = this.#view.getUint32(this.#at, true)
      const start = this.#at + 4
      const end = start + width
      view.setInt32(at, width + this.#prefix)
      at += 4
      if (this.#prefix === 1) out[at++] = 1
      if (width < nativeCopyBytes) for (let i = start; i < end; i++) out[at++] = bytes[i] as number
      else at += bytes.copy(out, at, start, end)
      this.#at = end
      ends[row - from] = at
    }
  }
}

/** Sizes are known only once the digits are: values are written aside by `measure`, and copied by `write`. */
class NumericColumnWriter implements ValueWriter {
  readonly #numeric: NumericWriter
  readonly #width: 4 | 8 | 16
  #view: DataView = new DataView(new ArrayBuffer(0))
  #present: Uint8Array | undefined
  #at = 0
  #aside = Buffer.alloc(0)
  #widths = new Uint8Array(0)

  constructor(scale: number, width: 4 | 8 | 16) {
    this.#numeric = new NumericWriter(scale)
    this.#width = width
  }

  begin(column: Column): void {
    this.#view = viewOf(column.values)
    this.#present = column.present
    this.#at = 0
  }

  measure(from: number, to: number, sizes: Int32Array): void {
    const rows = to - from
    if (this.#widths.length < rows) {
      this.#widths = new Uint8Array(rows)
      this.#aside = Buffer.allocUnsafeSlow(rows * maxNumericBytes)
    }
    const aside = viewOf(this.#aside)
    for (let row = 0; row < rows; row++) {
      const width = this.#present?.[from + row] === 0 ? 0 : this.#take(aside, row * maxNumericBytes)
      this.#widths[row] = width
      sizes[row] = (sizes[row] as number) + 4 + width
    }
  }

  write(from: number, to: number, out: Buffer, view: DataView, ends: Int32Array): void {
    const aside = this.#aside
    for (let row = 0; row < to - from; row++) {
      const width = this.#widths[row] as number
      let at = ends[row] as number
      view.setInt32(at, width === 0 ? -1 : width)
      at += 4
      const start = row * maxNumericBytes
      for (let i = start; i < start + width; i++) out[at++] = aside[i] as number
      ends[row] = at
    }
  }

  #take(aside: DataView, to: number): number {
    const view = this.#view
    const at = this.#at
    this.#at += this.#width
    if (this.#width === 8)
      return this.#numeric.write64(aside, to, view.getInt32(at + 4, true), view.getUint32(at, true))
    if (this.#width === 4) {
      const value = view.getInt32(at, true)
      return this.#numeric.write64(aside, to, value < 0 ? -1 : 0, value >>> 0)
    }
    return this.#numeric.writeBig(aside, to, (view.getBigInt64(at) << 64n) | view.getBigUint64(at + 8))
  }
}
