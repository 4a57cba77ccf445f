import type { S3Client } from '@aws-sdk/client-s3'
import type { S3Config } from './config.ts'

/** The SDK is loaded here and nowhere else: it costs the engine's child process its start only when it is used. */
export const loadS3 = () => import('@aws-sdk/client-s3')

export const openClient = async (config: S3Config): Promise<S3Client> => {
  const { S3Client } = await loadS3()
  const client = new S3Client({
    region: config.region,
    maxAttempts: 4,
    // A store that hangs must become an error in a bounded time; it is for one part, not for the upload.
    requestHandler: { connectionTimeout: 5_000, requestTimeout: config.requestTimeoutMs, throwOnRequestTimeout: true },
    ...(config.credentials ? { credentials: config.credentials } : {}),
    // Compatible stores know buckets by path, and not all of them know the newer checksum headers.
    ...(config.endpoint
      ? {
          endpoint: config.endpoint,
          forcePathStyle: true,
          requestChecksumCalculation: 'WHEN_REQUIRED' as const,
          responseChecksumValidation: 'WHEN_REQUIRED' as const,
        }
      : {}),
  })
  // AWS checks bodies by their checksums; hashing each part for the signature too costs a tenth of a sync.
  client.middlewareStack.add(
    (next) => (given) => {
      const { request } = given as { request?: { headers: Record<string, string>; body?: unknown } }
      if (request?.body instanceof Uint8Array) request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
      return next(given)
    },
    { step: 'build', name: 'unsignedPayload', priority: 'low' },
  )
  return client
}

/** True for AWS; compatible stores may not know the checksums that the SDK computes by default. */
export const hasChecksums = async (client: S3Client): Promise<boolean> =>
  (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED'
