import type { S3Client } from '@aws-sdk/client-s3'
import { hasChecksums, loadS3 } from './client.ts'

/** Keys that begin with `prefix` and that `matches`. */
export const listKeys = async (
  client: S3Client,
  bucket: string,
  prefix: string,
  matches: (key: string) => boolean,
  signal: AbortSignal,
): Promise<string[]> => {
  const { paginateListObjectsV2 } = await loadS3()
  const keys: string[] = []
  const options = { abortSignal: signal }
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }, options)) {
    for (const { Key } of page.Contents ?? []) if (Key !== undefined && matches(Key)) keys.push(Key)
  }
  return keys
}

/** Deletes by the thousand, the most that S3 takes at once. */
export const deleteKeys = async (client: S3Client, bucket: string, keys: readonly string[], signal: AbortSignal) => {
  const { DeleteObjectsCommand } = await loadS3()
  // The request must be checked in some way: MinIO and others know none but Content-MD5.
  const checksum = (await hasChecksums(client)) ? {} : { ChecksumAlgorithm: 'MD5' as const }
  for (let from = 0; from < keys.length; from += 1000) {
    const Objects = keys.slice(from, from + 1000).map((Key) => ({ Key }))
    const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true }, ...checksum })
    const { Errors } = await client.send(command, { abortSignal: signal })
    const first = Errors?.[0]
    if (first) throw Object.assign(new Error(first.Message), { name: first.Code ?? 'DeleteFailed' })
  }
}

/** An upload in parts that is neither complete nor aborted. */
export interface Upload {
  readonly key: string
  readonly uploadId: string
}

/** Unfinished uploads of keys that begin with `prefix`. */
export const listUploads = async (
  client: S3Client,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): Promise<Upload[]> => {
  const { ListMultipartUploadsCommand } = await loadS3()
  const uploads: Upload[] = []
  let marker: { KeyMarker: string | undefined; UploadIdMarker: string | undefined } | undefined
  do {
    const list = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...marker })
    const page = await client.send(list, { abortSignal: signal })
    for (const { Key: key, UploadId: uploadId } of page.Uploads ?? [])
      if (key !== undefined && uploadId !== undefined) uploads.push({ key, uploadId })
    // A store that does not say where to go on would give the same page for ever.
    const hasMore = page.IsTruncated && page.NextKeyMarker
    marker = hasMore ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined
  } while (marker)
  return uploads
}
