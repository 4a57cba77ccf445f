import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ObjectStore, startObjectStore } from '../../../../lib/local/sample/object-store.ts'
import { awsClient } from '../../../support/aws-client.ts'

let directory: string
let store: ObjectStore
let s3: S3Client

const start = async () => {
  store = await startObjectStore({ directory, port: 0, bucket: 'lake', secretAccessKey: 'secret' })
  s3 = new S3Client({ ...awsClient(store.address.endpoint), forcePathStyle: true })
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'object-store-'))
  await start()
})

afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true })
})

describe('the object store', () => {
  it('listens on 127.0.0.1 only', () => expect(new URL(store.address.endpoint).hostname).toBe('127.0.0.1'))

  it('has its bucket and keeps objects over a restart, also those of several parts', async () => {
    const body = Buffer.alloc(12 * 1024 * 1024, 'abc')
    await s3.send(new PutObjectCommand({ Bucket: 'lake', Key: 'a/small.txt', Body: 'hello' }))
    await new Upload({ client: s3, params: { Bucket: 'lake', Key: 'a/large ü.bin', Body: body } }).done()
    await store.close()
    await start()
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'lake', Prefix: 'a/' }))
    expect(Contents.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['a/large ü.bin', body.length],
      ['a/small.txt', 5],
    ])
    const got = await s3.send(new GetObjectCommand({ Bucket: 'lake', Key: 'a/large ü.bin' }))
    expect(Buffer.compare(Buffer.from((await got.Body?.transformToByteArray()) ?? []), body)).toBe(0)
  })

  it('refuses a key that would leave its directory', async () => {
    const response = await fetch(`${store.address.endpoint}/lake/..%2F..%2Foutside`, { method: 'PUT', body: 'x' })
    expect(response.status).toBe(400)
  })
})
