/**
 * Buffers for columns and pages, used again and again. V8 counts each new one as memory of its heap and marks all of the
 * heap each 64 MB: that was a quarter of the processor time of a sync.
 */

/** Smaller ones are not worth the keeping. */
const smallestBytes = 16 << 10
/** What may lie unused; more is freed at once. */
const mostUnusedBytes = 48 << 20

/** By size. */
const unused = new Map<number, ArrayBuffer[]>()
/** Only these come back: another's memory must never be written to. */
const lent = new WeakSet<ArrayBuffer>()
let unusedBytes = 0

/** A buffer of at least so many bytes, their contents undefined, from the start of its ArrayBuffer. */
export const takeBuffer = (bytes: number): Buffer => {
  if (bytes < smallestBytes) return Buffer.allocUnsafeSlow(bytes)
  const step = stepOf(bytes)
  let size = Math.ceil(bytes / step) * step
  // One up to half as large again will do.
  for (const most = size * 1.5; size <= most; size += stepOf(size)) {
    const found = unused.get(size)?.pop()
    if (!found) continue
    unusedBytes -= size
    lent.add(found)
    return Buffer.from(found)
  }
  const { buffer } = Buffer.allocUnsafeSlow(Math.ceil(bytes / step) * step)
  lent.add(buffer)
  return Buffer.from(buffer)
}

/** Gives back the buffer that `view` looks at; nobody may read or write it any more. False when it did not come from here. */
export const giveBuffer = ({ buffer }: Uint8Array): boolean => {
  if (!(buffer instanceof ArrayBuffer) || !lent.delete(buffer)) return false
  const size = buffer.byteLength
  if (unusedBytes + size > mostUnusedBytes) {
    buffer.transfer(0)
    return true
  }
  const others = unused.get(size)
  if (others) others.push(buffer)
  else unused.set(size, [buffer])
  unusedBytes += size
  return true
}

/** Four sizes from each power of two to the next. */
const stepOf = (bytes: number): number => 2 ** (Math.floor(Math.log2(bytes)) - 2)
