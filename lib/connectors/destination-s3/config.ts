import * as z from 'zod'
import { parseWith } from '../config-schema.ts'
import { type CodecName, codecNames } from '../parquet/codec.ts'
import { templateFault } from './object-path.ts'
import { connectionSpecification } from './spec.ts'

export interface S3Config {
  readonly bucket: string
  /** Without slashes at its ends; may be empty. */
  readonly path: string
  readonly region: string
  /** Undefined for AWS itself. */
  readonly endpoint: string | undefined
  /** Undefined: what the machine or role has. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  readonly pathFormat: string
  readonly fileNamePattern: string
  readonly format: S3Format
  readonly metadataColumns: boolean
  /** A request that is not answered within this time has failed. */
  readonly requestTimeoutMs: number
}

export type S3Format =
  | { readonly kind: 'parquet'; readonly codec: CodecName; readonly rowGroupBytes: number }
  /** `flatten`: the stream's columns stand beside the metadata, not as one JSON object. */
  | { readonly kind: 'csv' | 'jsonl'; readonly gzip: boolean; readonly flatten: boolean }

const defaults = connectionSpecification.properties
/** More would break the memory bound of a sync without making the files better. */
const maxRowGroupMb = 32

const nonEmpty = (what: string) => z.string({ error: `is missing: ${what}` }).min(1, `is empty: ${what}`)
const template = (fallback: string) =>
  z
    .string()
    .transform((text) => text || fallback)
    .default(fallback)
    .superRefine((text, context) => {
      const message = templateFault(text)
      if (message) context.addIssue({ code: 'custom', message })
    })

/** One of `names`, whatever its case. */
const named = <Name extends string>(names: readonly Name[], what: string) =>
  z.string({ error: `is missing: give ${what}` }).transform((value, context): Name => {
    const found = names.find((name) => name.toLowerCase() === value.toLowerCase())
    if (found) return found
    context.addIssue({ code: 'custom', message: `is "${value}": give ${what}` })
    return z.NEVER
  })

const formatNames = ['Parquet', 'JSONL', 'CSV'] as const
const compressions = ['No Compression', 'GZIP'] as const
const flattenings = ['No flattening', 'Root level flattening'] as const

const format = z.object({
  format_type: named(formatNames, `one of ${formatNames.join(', ')}; the embedded engine writes no other`),
  compression: z
    .object({ compression_type: named(compressions, `one of ${compressions.join(', ')}`) })
    .default({ compression_type: 'No Compression' }),
  flattening: named(flattenings, `one of ${flattenings.join(', ')}`).default('No flattening'),
  compression_codec: z
    .string({ error: `must be text, one of ${codecNames.join(', ')}` })
    .default('SNAPPY')
    .transform((value, context): CodecName => {
      const found = codecNames.find((name) => name === value.toUpperCase())
      if (found) return found
      context.addIssue({ code: 'custom', message: `is "${value}": use one of ${codecNames.join(', ')}` })
      return z.NEVER
    }),
  block_size_mb: z.int().min(1).default(maxRowGroupMb),
  metadata_columns: z.boolean().default(true),
})

const shape = z
  .object({
    access_key_id: z.string().default(''),
    secret_access_key: z.string().default(''),
    role_arn: z.string().default(''),
    s3_bucket_name: nonEmpty('give the name of an existing bucket'),
    s3_bucket_path: z.string({ error: 'is missing: give a folder in the bucket, or ""' }),
    s3_bucket_region: z.string({ error: 'is missing: give the region of the bucket, or ""' }),
    s3_endpoint: z.string().default(''),
    s3_path_format: template(defaults.s3_path_format.default),
    file_name_pattern: template(defaults.file_name_pattern.default),
    request_timeout_seconds: z.number().positive().max(86_400).default(defaults.request_timeout_seconds.default),
    format,
  })
  .superRefine((value, context) => {
    const fault = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    if (value.role_arn !== '') fault('role_arn', 'is set: the embedded engine cannot assume a role, use access keys')
    if (value.access_key_id !== '' && value.secret_access_key === '') {
      fault('secret_access_key', 'is missing: it belongs to access_key_id')
    }
    if (value.access_key_id === '' && value.secret_access_key !== '') {
      fault('access_key_id', 'is missing: it belongs to secret_access_key')
    }
    if (value.s3_bucket_name.includes('/')) {
      fault('s3_bucket_name', `is "${value.s3_bucket_name}": give the name alone, and folders in s3_bucket_path`)
    }
    if (!/^[A-Za-z0-9-]*$/.test(value.s3_bucket_region)) {
      fault('s3_bucket_region', `is "${value.s3_bucket_region}": give the code of a region, such as us-east-1`)
    }
    if (value.s3_endpoint !== '' && !isEndpoint(value.s3_endpoint)) {
      fault(
        's3_endpoint',
        'must be a URL that begins with http:// or https://, without user, password and question mark',
      )
    }
  })

const isEndpoint = (text: string): boolean => {
  const url = URL.parse(text)
  return (
    url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === ''
  )
}

export const parseConfig = (json: unknown): S3Config => {
  const given = parseWith(shape, json, 'S3 destination')
  return {
    bucket: given.s3_bucket_name,
    path: given.s3_bucket_path.replace(/^\/+|\/+$/g, ''),
    region: given.s3_bucket_region || 'us-east-1',
    endpoint: given.s3_endpoint || undefined,
    requestTimeoutMs: given.request_timeout_seconds * 1000,
    credentials: given.access_key_id
      ? { accessKeyId: given.access_key_id, secretAccessKey: given.secret_access_key }
      : undefined,
    pathFormat: given.s3_path_format,
    fileNamePattern: given.file_name_pattern,
    format: formatOf(given.format),
    metadataColumns: given.format.metadata_columns,
  }
}

const formatOf = (given: z.output<typeof format>): S3Format =>
  given.format_type === 'Parquet'
    ? {
        kind: 'parquet',
        codec: given.compression_codec,
        rowGroupBytes: Math.min(given.block_size_mb, maxRowGroupMb) << 20,
      }
    : {
        kind: given.format_type === 'CSV' ? 'csv' : 'jsonl',
        gzip: given.compression.compression_type === 'GZIP',
        flatten: given.flattening === 'Root level flattening',
      }
