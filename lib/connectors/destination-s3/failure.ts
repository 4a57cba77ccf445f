import { IngestionError } from '../../errors.ts'
import { type Failure, failureError, mend, wait } from '../failure.ts'
import type { S3Config } from './config.ts'

/** What the user can do about an error of the store. `doing` completes "while …". */
export const s3Failure = (error: unknown, config: S3Config, doing: string): Failure => {
  const { name, code, message, status } = factsOf(error)
  const where = config.endpoint ?? `AWS in ${config.region}`
  switch (name) {
    case 'NoSuchBucket':
      return mend(
        '/s3_bucket_name',
        `s3_bucket_name is "${config.bucket}": no such bucket at ${where}; create it or correct the name`,
      )
    case 'InvalidAccessKeyId':
      return mend('/access_key_id', `access_key_id is not known at ${where}; give a valid key`)
    case 'SignatureDoesNotMatch':
      return mend(
        '/secret_access_key',
        `secret_access_key does not belong to the access key at ${where}; give the right one`,
      )
    case 'CredentialsProviderError':
      return mend(
        '/access_key_id',
        'access_key_id is missing, and this machine has no AWS credentials of its own; give a key',
      )
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return mend(
        '/s3_bucket_region',
        `s3_bucket_region is "${config.region}": the bucket "${config.bucket}" is in another region; give that one`,
      )
    case 'ExpiredToken':
      return wait('', `the AWS credentials of this machine have expired while ${doing}; renew them`)
    case 'RequestTimeTooSkewed':
      return mend('', `the clock of this machine differs too much from that of ${where}; set it`)
    case 'KeyTooLongError':
      return mend(
        '/s3_path_format',
        `a key has more than 1,024 bytes while ${doing}; shorten s3_bucket_path, s3_path_format or the names in it`,
      )
    case notS3:
      return notS3Failure(where)
    case 'AccessDenied':
    case 'Forbidden':
      return mend(
        '/s3_bucket_path',
        `access to "${config.bucket}/${config.path}" was denied while ${doing}; allow s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListBucket and s3:ListBucketMultipartUploads`,
      )
  }
  if (status === 403)
    return mend('/access_key_id', `${where} refused the credentials while ${doing} (403); check key and permissions`)
  const [, hungMs] = /exceeded the configured (\d+) ms requestTimeout/.exec(message ?? '') ?? []
  if (hungMs) {
    return wait(
      '/s3_endpoint',
      `s3_endpoint: ${where} did not answer within ${hungMs} ms while ${doing}; check the store and the network`,
    )
  }
  if (status !== undefined && status < 500 && /Deserialization error/.test(message ?? '')) return notS3Failure(where)
  if (code === 'EPROTO')
    return mend('/s3_endpoint', `s3_endpoint: ${where} does not speak TLS; give its address with http://`)
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code ?? ''))
    return mend(
      '/s3_endpoint',
      `s3_endpoint: the certificate of ${where} is not trusted (${code}); start the engine with NODE_EXTRA_CA_CERTS=file of the authority that signed it`,
    )
  if (!config.endpoint && code === 'ENOTFOUND')
    return wait(
      '/s3_bucket_region',
      `s3_bucket_region is "${config.region}", s3_bucket_name "${config.bucket}": that address is not known; correct them, or check the network`,
    )
  if (['ENOTFOUND', 'ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT', 'EAI_AGAIN', 'TimeoutError'].includes(code ?? name)) {
    return wait(
      '/s3_endpoint',
      `s3_endpoint: ${where} cannot be reached (${code ?? name}); check the address and the network`,
    )
  }
  const passes = status === undefined || status >= 500 || [404, 408, 409, 429].includes(status)
  const text = `${where} failed while ${doing}: ${status ? `${status} ` : ''}${name}${message ? ` (${message})` : ''}`
  return (passes ? wait : mend)('', text)
}

const notS3 = 'NotS3'

const notS3Failure = (where: string): Failure =>
  mend(
    '/s3_endpoint',
    `s3_endpoint: ${where} does not answer as S3 does; give the address of the store's API, not of its console`,
  )

/** Throws when an answer lacks what S3 always gives, such as the ETag of what was stored: a web page says 200 to everything. */
export function assertGiven(what: string, value: string | undefined): asserts value is string {
  if (!value) throw Object.assign(new Error(`the answer has no ${what}`), { name: notS3 })
}

/** The same as an error to throw. What is an IngestionError, an abort, or no error of the store at all stays as it is. */
export const s3Error = (error: unknown, config: S3Config, doing: string): unknown => {
  const { name, code } = factsOf(error)
  if (error instanceof IngestionError || name === 'AbortError') return error
  if (code === 'ERR_STRING_TOO_LONG')
    return failureError(
      'S3',
      mend('/format', `a value of more than 512 MB while ${doing} fits into Parquet only`),
      error,
    )
  const isOwn = ['Error', 'TypeError', 'RangeError', 'ReferenceError'].includes(name)
  if (isOwn && code === undefined && !hasMetadata(error)) return error
  return failureError('S3', s3Failure(error, config, doing), error)
}

/** True for whatever the SDK has thrown. */
const hasMetadata = (error: unknown): boolean => typeof error === 'object' && error !== null && '$metadata' in error

const factsOf = (error: unknown) => {
  const facts = error as { name?: string; code?: string; message?: string; $metadata?: { httpStatusCode?: number } }
  return {
    name: facts?.name ?? 'Error',
    code: facts?.code,
    message: facts?.message?.slice(0, 200),
    status: facts?.$metadata?.httpStatusCode,
  }
}
