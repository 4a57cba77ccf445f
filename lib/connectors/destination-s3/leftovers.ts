import type { S3Client } from '@aws-sdk/client-s3'
import { loadS3 } from './client.ts'
import type { S3Config } from './config.ts'
import { listUploads, type Upload } from './stored-objects.ts'

/** Unfinished uploads that killed syncs have left. */
export interface Leftovers {
  /** Aborts those whose key `matches`. Best effort: who may write may not always list or abort uploads. */
  remove(matches: (key: string) => boolean, signal: AbortSignal): Promise<void>
}

/** Lists the configuration's folder once, at the first stream: one request for a sync of a thousand small streams. */
export const leftoversOf = (client: S3Client, { bucket, path }: S3Config): Leftovers => {
  let listed: Promise<readonly Upload[]> | undefined
  return {
    async remove(matches, signal) {
      try {
        listed ??= listUploads(client, bucket, path === '' ? '' : `${path}/`, signal)
        const { AbortMultipartUploadCommand } = await loadS3()
        for (const { key: Key, uploadId: UploadId } of await listed)
          if (matches(Key))
            await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }), {
              abortSignal: signal,
            })
      } catch {
        signal.throwIfAborted()
      }
    },
  }
}
