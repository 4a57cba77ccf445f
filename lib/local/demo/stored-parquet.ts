import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { type ParquetParsers, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import type { ObjectStoreAddress } from '../sample/object-store.ts'

export interface StoredObject {
  readonly key: string
  readonly bytes: number
  readonly rows: number
}

export interface StoredParquet {
  /** All objects of the bucket, in the order of their keys. */
  list(): Promise<StoredObject[]>
  /** The first `rows` of one object, columns by name; `parsers` instead of hyparquet's own, which round times to milliseconds. */
  read(key: string, options?: { rows?: number; parsers?: Partial<ParquetParsers> }): Promise<Record<string, unknown>[]>
  close(): void
}

/** Reads back what a sync wrote, with a reader that shares no code with the writer. */
export const storedParquet = ({
  endpoint,
  bucket,
  accessKeyId,
  secretAccessKey,
}: ObjectStoreAddress): StoredParquet => {
  const s3 = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  })
  const fileOf = async (key: string): Promise<ArrayBuffer> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array()
    return bytes.slice().buffer
  }
  return {
    list: async () => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }))
      return Promise.all(
        Contents.map(async ({ Key: key = '', Size: bytes = 0 }) => {
          const { num_rows: rows } = await parquetMetadataAsync(await fileOf(key))
          return { key, bytes, rows: Number(rows) }
        }),
      )
    },
    read: async (key, { rows, parsers = {} } = {}) =>
      parquetReadObjects({ file: await fileOf(key), parsers, ...(rows === undefined ? {} : { rowEnd: rows }) }),
    close: () => s3.destroy(),
  }
}
