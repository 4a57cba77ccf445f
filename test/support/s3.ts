import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { FastifyRequest } from 'fastify'
import { buildApp } from 'fauxqs'

export interface RunningS3 {
  readonly endpoint: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly client: S3Client
  keys(prefix?: string): Promise<string[]>
  get(key: string): Promise<Uint8Array>
  /** Sees each request, and what was done with it; a status that it gives is the answer instead. */
  intercept: ((request: FastifyRequest, when: 'before' | 'after') => number | undefined) | undefined
  stop(): Promise<void>
}

/** An S3 store in this process, on a free port of 127.0.0.1, with one empty bucket. */
export const startS3 = async (bucket = 'test-bucket'): Promise<RunningS3> => {
  const app = buildApp({ logger: false })
  rememberUploads(app)
  app.addHook('onRequest', async (request, reply) => {
    const status = running?.intercept?.(request, 'before')
    if (status) return reply.code(status).type('application/xml').send(refusal)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    const status = running?.intercept?.(request, 'after')
    if (!status) return payload
    reply.code(status)
    return refusal
  })
  let running: RunningS3 | undefined
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test-secret' }
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  running = {
    endpoint,
    bucket,
    ...credentials,
    client,
    async keys(prefix = '') {
      const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))
      return (Contents ?? []).map((object) => object.Key ?? '')
    },
    async get(key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      if (!Body) throw new Error(`no body: ${key}`)
      return await Body.transformToByteArray()
    },
    intercept: undefined,
    async stop() {
      client.destroy()
      await app.close()
    },
  }
  return running
}

const refusal = '<Error><Code>Refused</Code><Message>by a test</Message></Error>'

/** The configuration of Airbyte's S3 destination for that store: SNAPPY Parquet, as it is when nothing is chosen. */
export const s3Configuration = (
  s3: Pick<RunningS3, 'bucket' | 'endpoint' | 'accessKeyId' | 'secretAccessKey'>,
  path: string,
) => ({
  s3_bucket_name: s3.bucket,
  s3_bucket_path: path,
  s3_bucket_region: 'us-east-1',
  s3_endpoint: s3.endpoint,
  access_key_id: s3.accessKeyId,
  secret_access_key: s3.secretAccessKey,
  format: { format_type: 'Parquet', compression_codec: 'SNAPPY' },
})

/** fauxqs cannot list unfinished uploads: this answers for it, from what passes by. */
const rememberUploads = (app: ReturnType<typeof buildApp>): void => {
  const uploads = new Map<string, string>()
  app.addHook('onRequest', async (request, reply) => {
    const { pathname, searchParams } = new URL(request.url, 'http://s3')
    const uploadId = searchParams.get('uploadId')
    if (uploadId && (request.method === 'DELETE' || request.method === 'POST')) uploads.delete(uploadId)
    if (request.method !== 'GET' || !searchParams.has('uploads')) return
    const [, bucket = ''] = pathname.split('/')
    const found = [...uploads].filter(([, path]) => path.startsWith(`${bucket}/${searchParams.get('prefix') ?? ''}`))
    const list = found.map(
      ([id, path]) => `<Upload><Key>${path.slice(bucket.length + 1)}</Key><UploadId>${id}</UploadId></Upload>`,
    )
    const body = `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${list.join('')}</ListMultipartUploadsResult>`
    return reply.type('application/xml').send(body)
  })
  app.addHook('onSend', async (request, _reply, payload) => {
    const { pathname, searchParams } = new URL(request.url, 'http://s3')
    if (request.method !== 'POST' || !searchParams.has('uploads')) return
    const id = /<UploadId>(.+)<\/UploadId>/.exec(String(payload))?.[1]
    if (id) uploads.set(id, decodeURIComponent(pathname.slice(1)))
  })
}
