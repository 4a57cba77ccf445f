/** Lengths up to here are their own byte; else that byte says how many bytes hold the length. */
export const shortLength = 250

/** Bytes of a length that begins with `mark` (MySQL Source Code Documentation, Length-Encoded Integer). */
export const lengthBytes = (mark: number): number => (mark === 0xfc ? 2 : mark === 0xfd ? 3 : 8)

/** Where the values of a row begin that has so many columns: behind its mark and the bitmap of NULLs. */
export const valuesAt = (from: number, columns: number): number => from + 1 + ((columns + 9) >> 3)

/** The first two bits of the bitmap mean nothing. */
export const isNull = (bytes: Buffer, from: number, column: number): boolean =>
  ((bytes[from + 1 + ((column + 2) >> 3)] as number) & (1 << ((column + 2) & 7))) !== 0

/** A length of more than one byte at `at`. */
export const longLength = (bytes: Buffer, at: number): number => {
  const width = lengthBytes(bytes[at] as number)
  return width === 8 ? Number(bytes.readBigUInt64LE(at + 1)) : bytes.readUIntLE(at + 1, width)
}

/** The first value of a row, which has its length before it; length -1 = NULL. */
export const firstValue = (bytes: Buffer, from: number, columns: number): { at: number; length: number } => {
  const at = valuesAt(from, columns)
  if (isNull(bytes, from, 0)) return { at, length: -1 }
  const length = bytes[at] as number
  if (length <= shortLength) return { at: at + 1, length }
  return { at: at + 1 + lengthBytes(length), length: longLength(bytes, at) }
}
