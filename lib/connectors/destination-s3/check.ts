import { randomUUID } from 'node:crypto'
import type { Fault } from '../../errors.ts'
import { loadS3, openClient } from './client.ts'
import type { S3Config } from './config.ts'
import { assertGiven, s3Failure } from './failure.ts'
import { deleteKeys } from './stored-objects.ts'

/** Writes, lists and removes one small object, as a sync does. */
export const check = async (config: S3Config, signal: AbortSignal): Promise<readonly Fault[]> => {
  const client = await openClient(config)
  const { ListObjectsV2Command, PutObjectCommand } = await loadS3()
  const faults: Fault[] = []
  const attempt = async (doing: string, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      signal.throwIfAborted()
      const { fault } = s3Failure(error, config, doing)
      if (!faults.some((known) => known.message === fault.message)) faults.push(fault)
      return false
    }
  }
  const options = { abortSignal: signal }
  const Bucket = config.bucket
  const Key = `${config.path ? `${config.path}/` : ''}_airbyte_connection_test_${randomUUID()}`
  try {
    const put = new PutObjectCommand({ Bucket, Key, Body: Buffer.from('connection test') })
    const written = await attempt('writing an object', async () =>
      assertGiven('ETag', (await client.send(put, options)).ETag),
    )
    await attempt('listing objects', () => client.send(new ListObjectsV2Command({ Bucket, Prefix: Key }), options))
    if (written) await attempt('removing an object', () => deleteKeys(client, Bucket, [Key], signal))
    return faults
  } finally {
    client.destroy()
  }
}
