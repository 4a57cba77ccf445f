import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Batch, ConfiguredStream } from '../../../../lib/connectors/connector.ts'
import { openClient } from '../../../../lib/connectors/destination-s3/client.ts'
import { s3Error } from '../../../../lib/connectors/destination-s3/failure.ts'
import { destinationS3 } from '../../../../lib/connectors/destination-s3/index.ts'
import { ObjectUpload, PartBuffers } from '../../../../lib/connectors/destination-s3/object-upload.ts'
import { batchOf, describeDestination } from '../../../conformance/destination.ts'
import { readByDuckDb, readCsvByDuckDb } from '../../../support/duckdb.ts'
import { type RunningS3, s3Configuration, startS3 } from '../../../support/s3.ts'
import { streamOf } from '../../../support/sync.ts'

const configOf = (s3: RunningS3, format: object = {}) => ({
  ...s3Configuration(s3, '/bronze/'),
  format: { format_type: 'Parquet', ...format },
})

const uploadsOf = async (client: S3Client, bucket: string): Promise<string[]> => {
  const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
  return (Uploads ?? []).map((upload) => upload.Key ?? '')
}

/** Streams are told apart by the ids of their objects' paths, with what a key cannot hold percent-encoded. */
const folder = (name: string): string => (name === '..' ? '%2E%2E' : name.replace(/[\p{Cc}%/\\]/gu, encodeURIComponent))

type Rows = readonly Record<string, unknown>[]
const root = 'Root level flattening'
const lines = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8').split('\n').filter(Boolean)

/** Every format, and how a reader that is not the destination's own reads it. */
const formats: readonly {
  format: { format_type: string; [option: string]: unknown }
  read(bytes: Uint8Array): Rows | Promise<Rows>
}[] = [
  { format: { format_type: 'Parquet' }, read: (bytes) => readByDuckDb(bytes) },
  {
    format: { format_type: 'JSONL' },
    read: (bytes) => lines(bytes).map((line) => JSON.parse(line)._airbyte_data),
  },
  { format: { format_type: 'CSV', flattening: root }, read: readCsvByDuckDb },
]

describe.each(formats)('as $format.format_type', ({ format, read }) => {
  describeDestination(destinationS3, async () => {
    const s3 = await startS3()
    const config = configOf(s3, format)
    return {
      config,
      broken: [
        { why: 'no such bucket', config: { ...config, s3_bucket_name: 'no-such-bucket' }, pointer: '/s3_bucket_name' },
        { why: 'nothing listens', config: { ...config, s3_endpoint: 'http://127.0.0.1:1' }, pointer: '/s3_endpoint' },
      ],
      secrets: [s3.secretAccessKey],
      async rows(stream) {
        const keys = await s3.keys(`bronze/${folder(stream.namespace ?? '')}/${folder(stream.name)}/`)
        const rows = []
        for (const key of keys) rows.push(...(await read(await s3.get(key))))
        return rows
      },
      async leftovers() {
        const tests = (await s3.keys()).filter((key) => key.includes('connection_test'))
        return [...(await uploadsOf(s3.client, s3.bucket)), ...tests]
      },
      stop: () => s3.stop(),
    }
  })
})

describe('destination-s3', () => {
  let s3: RunningS3

  beforeAll(async () => {
    s3 = await startS3()
  })

  afterAll(() => s3?.stop())

  /** What became of the note of a batch's second row. */
  const change = {
    row: 1,
    field: 'note',
    change: 'NULLED',
    reason: 'SOURCE_SERIALIZATION_ERROR',
    value: 'infinity',
  } as const
  const identity = { connectionId: 'connection', jobId: 7, attempt: 1, startedAt: new Date(), generationId: 42 }
  const fields = [
    { name: 'id', type: { kind: 'int32' }, nullable: false },
    { name: 'note', type: { kind: 'text' }, nullable: true },
  ] as const

  const write = async (
    name: string,
    batches: readonly Batch[],
    format: object = {},
    mode: Partial<ConfiguredStream> = {},
  ) => {
    const { signal } = new AbortController()
    await using open = await destinationS3.open(destinationS3.parseConfig(configOf(s3, format)), signal)
    const stream = streamOf(name, { primaryKey: [['id']], ...mode })
    await using writer = await open.openStream({ stream, namespace: 'public', name, fields, sync: identity }, signal)
    for (const batch of batches) await writer.write(batch)
    await writer.finish()
    return await s3.keys(`bronze/public/${name}/`)
  }

  it('metadata columns say which sync brought a row, and which values were left out', async () => {
    const [key = ''] = await write('meta', [batchOf(1, 2), { ...batchOf(6, 2), changes: [change] }])
    expect(key).toMatch(/^bronze\/public\/meta\/\d{4}_\d\d_\d\d_\d+_0-[0-9a-f]{16}-7-1\.parquet$/)
    const rows = await readByDuckDb(await s3.get(key))
    expect(Object.keys(rows[0] ?? {})).toEqual([
      '_airbyte_raw_id',
      '_airbyte_extracted_at',
      '_airbyte_meta',
      '_airbyte_generation_id',
      'id',
      'note',
    ])
    expect(new Set(rows.map((row) => row._airbyte_raw_id)).size).toBe(4)
    expect(rows[0]?._airbyte_raw_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/)
    expect(rows.map((row) => row._airbyte_generation_id)).toEqual(['42', '42', '42', '42'])
    const nothing = '{"sync_id":7,"changes":[]}'
    const recorded =
      '{"sync_id":7,"changes":[{"field":"note","change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}]}'
    expect(rows.map((row) => row._airbyte_meta)).toEqual([nothing, nothing, nothing, recorded])
  })

  it('without metadata columns a value that was left out fails the sync, naming its row', async () => {
    const writing = write('strict', [{ ...batchOf(6, 2), changes: [change] }], { metadata_columns: false })
    await expect(writing).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringMatching(/Stream strict, column note \(row id = 7\): the value infinity/),
    })
    const [key = ''] = await write('plain', [batchOf(1, 2)], { metadata_columns: false })
    expect(Object.keys((await readByDuckDb(await s3.get(key)))[0] ?? {})).toEqual(['id', 'note'])
  })

  it('uploads that a killed sync of the same connection left are removed, those of others are not', async () => {
    const [key = ''] = await write('killed', [batchOf(0, 10)])
    const left = key.replace('_0-', '_1-')
    const other = left.replace(/-[0-9a-f]{8}(?=[0-9a-f]{8}-7-1)/, '-00000000')
    for (const Key of [left, other]) await s3.client.send(new CreateMultipartUploadCommand({ Bucket: s3.bucket, Key }))
    await write('killed', [batchOf(10, 10)])
    expect(await uploadsOf(s3.client, s3.bucket)).toEqual([other])
  })

  it('an object that the store says it has not completed is not left visible', async () => {
    s3.intercept = ({ method }, when) => (method === 'PUT' && when === 'after' ? 400 : undefined)
    const failing = write('half', [batchOf(0, 10)])
    await expect(failing).rejects.toMatchObject({
      message: expect.stringMatching(/completing an object for stream half: 400/),
    })
    s3.intercept = undefined
    expect(await s3.keys('bronze/public/half/')).toEqual([])
  })

  it.each([
    ['says 200 to everything, such as a console', 200, '<html></html>', '/s3_endpoint', /does not answer as S3 does/],
    ['speaks TLS', 400, 'an HTTP request to an HTTPS server', '/s3_endpoint', /does not answer as S3 does/],
    ['has another time', 403, '<Error><Code>RequestTimeTooSkewed</Code></Error>', '', /the clock of this machine/],
    ['takes no such key', 400, '<Error><Code>KeyTooLongError</Code></Error>', '/s3_path_format', /1,024 bytes/],
  ])('a server that %s is no store for a check, nor for a sync', async (_, status, body, pointer, message) => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(status).end(body))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const config = destinationS3.parseConfig({ ...configOf(s3), s3_endpoint: `http://127.0.0.1:${port}` })
    const { signal } = new AbortController()
    const faults = await destinationS3.check(config, signal)
    expect(faults[0]).toEqual({ pointer, message: expect.stringMatching(message) })
    await using open = await destinationS3.open(config, signal)
    const target = { stream: streamOf('nowhere'), namespace: 'public', name: 'nowhere', fields, sync: identity }
    await using writer = await open.openStream(target, signal)
    await writer.write(batchOf(0, 1))
    const finishing = writer.finish()
    await expect(finishing).rejects.toMatchObject({
      code: 'connector_config',
      message: expect.stringMatching(message),
    })
    server.close()
  })

  it('an error that is not of the store is not called one', async () => {
    const config = destinationS3.parseConfig(configOf(s3))
    const own = new TypeError('a mistake')
    expect(s3Error(own, config, 'writing')).toBe(own)
    const long = Object.assign(new Error('Cannot create a string'), { code: 'ERR_STRING_TOO_LONG' })
    expect(s3Error(long, config, 'writing')).toMatchObject({
      code: 'connector_config',
      errors: [{ pointer: '/format', message: expect.stringContaining('512 MB') }],
    })
  })

  it('replaced objects are deleted by a request that also stores without new checksums take', async () => {
    const checksums: unknown[] = []
    s3.intercept = ({ method, url, headers }, when) => {
      if (method === 'POST' && url.includes('delete') && when === 'before') checksums.push(headers['content-md5'])
      return undefined
    }
    const overwrite = { destinationSyncMode: 'overwrite' } as const
    const Key = 'bronze/public/replaced/2024_01_01_1704067200000_0.parquet'
    await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key, Body: 'of Airbyte' }))
    const left = await write('replaced', [batchOf(0, 5)], {}, overwrite)
    expect(left).toEqual([expect.not.stringContaining(Key)])
    s3.intercept = undefined
    expect(checksums).toEqual([expect.stringMatching(/^.{22}==$/)])
  })

  it('AWS gets the checksum of every part, and all of them again when the parts are put together', async () => {
    const client = await openClient(destinationS3.parseConfig({ ...configOf(s3), s3_endpoint: '' }))
    const { port } = new URL(s3.endpoint)
    const requests: { headers: Record<string, string>; body: unknown }[] = []
    client.middlewareStack.add(
      (next) => (given) => {
        const { request } = given as unknown as { request: (typeof requests)[number] }
        requests.push({ headers: request.headers, body: request.body })
        Object.assign(request, { protocol: 'http:', hostname: '127.0.0.1', port: Number(port) })
        return next(given)
      },
      { step: 'finalizeRequest', priority: 'low', name: 'toTheTestsStore' },
    )
    const target = { client, bucket: s3.bucket, key: 'to-aws', metadata: {} }
    const upload = new ObjectUpload(target, new PartBuffers(), new AbortController().signal)
    const bytes = randomBytes(9 << 20)
    await upload.write(bytes)
    await upload.seal()
    await upload.complete()
    client.destroy()
    expect(Buffer.compare(await s3.get('to-aws'), bytes)).toBe(0)
    const [begun, first, second, completed] = requests
    expect(begun?.headers['x-amz-checksum-algorithm']).toBe('CRC32')
    for (const part of [first, second]) {
      const sum = part?.headers['x-amz-checksum-crc32']
      expect(sum).toMatch(/^.{6}==$/)
      expect(completed?.body).toContain(`<ChecksumCRC32>${sum}</ChecksumCRC32>`)
    }
  })

  it.each([
    ['/s3_bucket_name', { s3_bucket_name: '' }],
    ['/format/format_type', { format: { format_type: 'Avro' } }],
    ['/format/flattening', { format: { format_type: 'CSV', flattening: 'all' } }],
    [
      '/format/compression/compression_type',
      { format: { format_type: 'CSV', compression: { compression_type: 'BZIP2' } } },
    ],
    ['/format/compression_codec', { format: { format_type: 'Parquet', compression_codec: 'LZO' } }],
    ['/role_arn', { role_arn: 'arn:aws:iam::1:role/x' }],
    ['/secret_access_key', { secret_access_key: '' }],
    ['/s3_endpoint', { s3_endpoint: 'localhost:9000' }],
    ['/s3_endpoint', { s3_endpoint: 'http://user:secret@localhost:9000' }],
    ['/s3_bucket_name', { s3_bucket_name: 's3://bucket' }],
    ['/s3_bucket_region', { s3_bucket_region: 'US East (N. Virginia)' }],
    ['/request_timeout_seconds', { request_timeout_seconds: 3e6 }],
    ['/s3_path_format', { s3_path_format: ['$', '{NOPE}/x'].join('') }],
  ])('a configuration is refused at %s', (pointer, part) => {
    const parsing = () => destinationS3.parseConfig({ ...configOf(s3), ...part })
    expect(parsing).toThrow(
      expect.objectContaining({ code: 'connector_config', errors: [expect.objectContaining({ pointer })] }),
    )
  })

  it('the codec may be written in any case and is SNAPPY when not given', () => {
    expect(destinationS3.parseConfig(configOf(s3, { compression_codec: 'zstd' })).format).toMatchObject({
      codec: 'ZSTD',
    })
    expect(destinationS3.parseConfig(configOf(s3)).format).toMatchObject({ codec: 'SNAPPY' })
  })
})
