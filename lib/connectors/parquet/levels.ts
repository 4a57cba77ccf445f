/**
 * Definition levels of one page of an optional column, as a version 1 data page wants them: u32 byte length, then the
 * RLE/bit-packing hybrid with bit width 1 (Parquet format, Encodings, RLE = 3).
 */
export const definitionLevels = (present: Uint8Array | undefined, rows: number): Buffer => {
  if (!present) return withLength(repeated(rows, 1))
  const packed = Math.ceil(rows / 8)
  const header = varint((packed << 1) | 1)
  const out = Buffer.alloc(4 + header.length + packed)
  out.writeUInt32LE(header.length + packed, 0)
  out.set(header, 4)
  const start = 4 + header.length
  for (let row = 0; row < rows; row++) {
    if (present[row] === 1) out[start + (row >> 3)] = (out[start + (row >> 3)] as number) | (1 << (row & 7))
  }
  return out
}

/** One run of the hybrid: `value` (a byte) `count` times. */
const repeated = (count: number, value: number): Buffer => Buffer.from([...varint(count * 2), value])

/** Behind its u32 byte length, as levels stand in a version 1 data page. */
export const withLength = (run: Uint8Array): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(run.length, 0)
  return Buffer.concat([length, run])
}

/** ULEB128. */
export const varint = (value: number): readonly number[] => {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return bytes
}

/** One byte per value, 0 or 1, to one bit per value, least significant first. */
export const packBooleans = (values: Uint8Array): Buffer => {
  const out = Buffer.alloc(Math.ceil(values.length / 8))
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 1) out[i >> 3] = (out[i >> 3] as number) | (1 << (i & 7))
  }
  return out
}
