import type { Destination } from '../connector.ts'
import { check } from './check.ts'
import { loadS3, openClient } from './client.ts'
import { parseConfig, type S3Config } from './config.ts'
import { leftoversOf } from './leftovers.ts'
import { PartBuffers } from './object-upload.ts'
import { connectionSpecification } from './spec.ts'
import { openStreamWriter } from './stream-writer.ts'

/** Parquet objects in a bucket of AWS S3 or a compatible store. */
export const destinationS3: Destination<S3Config> = {
  kind: 'destination',
  name: 'destination-s3',
  definitionId: '4816b78f-1489-44c1-9060-4b19d5fa9362',
  title: 'S3',
  documentationUrl: 'https://docs.airbyte.com/integrations/destinations/s3',
  connectionSpecification,
  supportedDestinationSyncModes: ['overwrite', 'append'],
  parseConfig,
  preload: loadS3,
  check,
  async open(config) {
    const client = await openClient(config)
    const store = { client, config, buffers: new PartBuffers(), leftovers: leftoversOf(client, config) }
    return {
      openStream: (target, signal) => openStreamWriter(store, target, signal),
      async [Symbol.asyncDispose]() {
        client.destroy()
      },
    }
  },
}
