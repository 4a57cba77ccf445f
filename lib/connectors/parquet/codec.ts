import { promisify } from 'node:util'
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'

/** A codec of the Parquet format: its number there (parquet.thrift, CompressionCodec) and how to compress, off the main thread. */
export interface Codec {
  readonly id: number
  compress(bytes: Uint8Array): Promise<Uint8Array>
}

/** Up to here compressing is done before another thread would have begun. */
const inlineBytes = 32 << 10

const exact = (bytes: Uint8Array): Uint8Array => {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(bytes)
  return copy
}

const codecs = {
  UNCOMPRESSED: async (): Promise<Codec> => ({ id: 0, compress: async (bytes) => bytes }),
  SNAPPY: async (): Promise<Codec> => {
    const { compress, compressSync } = await import('snappy')
    return {
      id: 1,
      // What the library gives holds the memory of an incompressible page until it is collected: kept is an exact copy.
      compress: async (bytes) => exact(bytes.length <= inlineBytes ? compressSync(bytes) : await compress(bytes)),
    }
  },
  GZIP: async (): Promise<Codec> => ({ id: 2, compress: promisify(gzip) }),
  BROTLI: async (): Promise<Codec> => {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 4 }
    return { id: 4, compress: (bytes) => promisify(brotliCompress)(bytes, { params }) }
  },
  ZSTD: async (): Promise<Codec> => ({ id: 6, compress: (bytes) => promisify(zstdCompress)(bytes) }),
}

export type CodecName = keyof typeof codecs

export const codecNames = Object.keys(codecs) as readonly CodecName[]

/** Native libraries are loaded on first use. */
export const loadCodec = (name: CodecName): Promise<Codec> => codecs[name]()
