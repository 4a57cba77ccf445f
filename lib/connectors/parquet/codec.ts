import { promisify } from 'node:util'
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'

/** A codec of the Parquet format: its number there (parquet.thrift, CompressionCodec) and how to compress, off the main thread. */
export interface Codec {
  readonly id: number
  compress(bytes: Uint8Array): Promise<Uint8Array>
}

/** Up to here compressing is done before another thread would have begun. */
const inlineBytes = 32 << 10

/**
 * Beyond this, too: what the library allocates on one thread and frees on another it does not use again for long, so that a
 * table of documents took 2 GB.
 */
const largestBytes = 1 << 20

/** What the library would give else holds the memory of an incompressible page until it is collected. */
const exactCopy = { copyOutputData: true }

/** As many as there are threads to run them. */
const mostRunning = 4

/**
 * Compressors of node:zlib take their memory, up to some megabytes, when they are called and not when a thread begins, and
 * give a small page as a part of 16 KiB. For a table of 2,000 columns both are gigabytes: hence few at a time, and a copy.
 */
const zlibCodec = (compress: Codec['compress']): Codec['compress'] => {
  let running = 0
  const waiting: (() => void)[] = []
  return async (bytes) => {
    if (running < mostRunning) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      const found = await compress(bytes)
      return found.length === found.buffer.byteLength ? found : new Uint8Array(found)
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

const codecs = {
  UNCOMPRESSED: async (): Promise<Codec> => ({ id: 0, compress: async (bytes) => bytes }),
  SNAPPY: async (): Promise<Codec> => {
    const { compress, compressSync } = await import('snappy')
    return {
      id: 1,
      compress: async (bytes) =>
        bytes.length <= inlineBytes || bytes.length > largestBytes
          ? compressSync(bytes, exactCopy)
          : await compress(bytes, exactCopy),
    }
  },
  GZIP: async (): Promise<Codec> => ({ id: 2, compress: zlibCodec(promisify(gzip)) }),
  BROTLI: async (): Promise<Codec> => {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 4 }
    return { id: 4, compress: zlibCodec((bytes) => promisify(brotliCompress)(bytes, { params })) }
  },
  /** LZ4_RAW of the format: its older LZ4 with a framing of its own is deprecated. */
  LZ4: async (): Promise<Codec> => {
    const { compress } = await import('lz4-napi')
    // The library puts the size before the block.
    return { id: 7, compress: async (bytes) => (await compress(bytes)).subarray(4) }
  },
  ZSTD: async (): Promise<Codec> => ({ id: 6, compress: zlibCodec((bytes) => promisify(zstdCompress)(bytes)) }),
}

export type CodecName = keyof typeof codecs

export const codecNames = Object.keys(codecs) as readonly CodecName[]

/** Native libraries are loaded on first use. */
export const loadCodec = (name: CodecName): Promise<Codec> => codecs[name]()
