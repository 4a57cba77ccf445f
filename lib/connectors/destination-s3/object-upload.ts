import { crc32 } from 'node:zlib'
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3'
import { hasChecksums, loadS3 } from './client.ts'
import { assertGiven } from './failure.ts'

/** Parts are cut exactly here: above S3's minimum of 5 MiB, below the 11 MiB that some compatible stores take. */
const partBytes = 8 << 20
const partsInFlight = 2

/** Part buffers to use again: allocating and freeing 8 MiB for every part costs more than all of the copying. */
export class PartBuffers {
  readonly #free: Buffer[] = []

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(partBytes)
  }

  give(buffer: Buffer): void {
    if (buffer.length === partBytes && this.#free.length <= partsInFlight) this.#free.push(buffer)
  }
}

export interface UploadTarget {
  readonly client: S3Client
  readonly bucket: string
  readonly key: string
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * One object, sent in parts while it is written, and visible only after `complete`. Below one part it is a single put.
 * Every call may reject with the SDK's own error.
 */
export class ObjectUpload {
  readonly #target: UploadTarget
  readonly #buffers: PartBuffers
  readonly #signal: AbortSignal
  readonly #parts: CompletedPart[] = []
  readonly #sending = new Set<Promise<void>>()
  #part: Buffer | undefined
  #length = 0
  #uploadId: Promise<string> | undefined
  #failure: { error: unknown } | undefined
  #bytes = 0
  #lastPart = 0

  constructor(target: UploadTarget, buffers: PartBuffers, signal: AbortSignal) {
    this.#target = target
    this.#buffers = buffers
    this.#signal = signal
  }

  get bytes(): number {
    return this.#bytes
  }

  get key(): string {
    return this.#target.key
  }

  /** Resolves when more may come: at most `partsInFlight` parts wait for the store. */
  readonly write = async (bytes: Uint8Array): Promise<void> => {
    this.#bytes += bytes.length
    let from = 0
    while (from < bytes.length) {
      this.#part ??= this.#buffers.take()
      const take = Math.min(partBytes - this.#length, bytes.length - from)
      this.#part.set(from === 0 && take === bytes.length ? bytes : bytes.subarray(from, from + take), this.#length)
      this.#length += take
      from += take
      if (this.#length === partBytes) await this.#send()
    }
  }

  /** After the last write: sends the rest, so that only the small `complete` is left and no part buffer is held. */
  async seal(): Promise<void> {
    if (this.#uploadId) {
      if (this.#length > 0) await this.#send()
      await Promise.all(this.#sending)
      this.#check()
    } else if (this.#part) {
      const rest = Buffer.from(this.#part.subarray(0, this.#length))
      this.#buffers.give(this.#part)
      this.#part = rest
    }
  }

  /** Makes the object visible, whole. */
  async complete(): Promise<void> {
    const { client, bucket: Bucket, key: Key, metadata: Metadata } = this.#target
    const { CompleteMultipartUploadCommand, PutObjectCommand } = await loadS3()
    const options = { abortSignal: this.#signal }
    if (!this.#uploadId) {
      const Body = this.#part?.subarray(0, this.#length) ?? Buffer.alloc(0)
      const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key, Metadata, Body }), options)
      assertGiven('ETag', ETag)
      this.#part = undefined
      return
    }
    const Parts = this.#parts.toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0))
    const UploadId = await this.#uploadId
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
      options,
    )
  }

  /** Removes what was sent. Not stopped by the sync's own signal: it runs when that has fired. */
  async abort(): Promise<void> {
    // What is still being written in the background must not begin another upload.
    this.#failure ??= { error: new Error('the upload was aborted') }
    await Promise.allSettled(this.#sending)
    const UploadId = await this.#uploadId?.catch(() => undefined)
    if (!UploadId) return
    const { AbortMultipartUploadCommand } = await loadS3()
    const { client, bucket: Bucket, key: Key } = this.#target
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), {
      abortSignal: AbortSignal.timeout(10_000),
    })
  }

  async #send(): Promise<void> {
    const part = this.#part
    if (!part) return
    const length = this.#length
    this.#part = undefined
    this.#length = 0
    while (this.#sending.size >= partsInFlight) await Promise.race(this.#sending)
    this.#check()
    this.#uploadId ??= this.#create()
    const sent = this.#sendPart(++this.#lastPart, part, length)
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#sending.delete(sent)
        this.#buffers.give(part)
      })
    this.#sending.add(sent)
  }

  async #sendPart(PartNumber: number, part: Buffer, length: number): Promise<void> {
    const { UploadPartCommand } = await loadS3()
    const { client, bucket: Bucket, key: Key } = this.#target
    const UploadId = await this.#uploadId
    const Body = part.subarray(0, length)
    // S3 wants the checksums of all parts again when they are put together.
    const checksum = (await hasChecksums(client)) ? { ChecksumCRC32: checksumOf(Body) } : {}
    const command = new UploadPartCommand({
      ...{ Bucket, Key, UploadId, PartNumber, Body, ContentLength: length },
      ...checksum,
    })
    const { ETag } = await client.send(command, { abortSignal: this.#signal })
    assertGiven('ETag', ETag)
    this.#parts.push({ PartNumber, ETag, ...checksum })
  }

  async #create(): Promise<string> {
    const { CreateMultipartUploadCommand } = await loadS3()
    const { client, bucket: Bucket, key: Key, metadata: Metadata } = this.#target
    // Parts with a checksum are refused by S3 in an upload that was begun without: the SDK says it for the parts only.
    const checksum = (await hasChecksums(client)) ? { ChecksumAlgorithm: 'CRC32' as const } : {}
    const command = new CreateMultipartUploadCommand({ Bucket, Key, Metadata, ...checksum })
    const { UploadId } = await client.send(command, { abortSignal: this.#signal })
    assertGiven('UploadId', UploadId)
    return UploadId
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error
  }
}

const checksumOf = (bytes: Uint8Array): string => {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(bytes))
  return sum.toString('base64')
}
