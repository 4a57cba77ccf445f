import { buildApp } from 'fauxqs'

export interface ObjectStoreAddress {
  readonly endpoint: string
  readonly bucket: string
  /** Not checked by this store, which listens on 127.0.0.1 only; S3 clients need some. */
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface ObjectStore {
  readonly address: ObjectStoreAddress
  close(): Promise<void>
}

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>
type S3Store = Stores['s3Store']
type Persistence = NonNullable<S3Store['persistence']> & { loadS3(store: S3Store): void }

/** An S3-compatible store that keeps its objects as files below `directory`. Takes parts and single puts up to 11 MiB. */
export const startObjectStore = async (options: {
  directory: string
  port: number
  bucket: string
  secretAccessKey: string
}): Promise<ObjectStore> => {
  const { directory, port, bucket, secretAccessKey } = options
  const stores = await fileStores(directory)
  const app = buildApp({ logger: false, stores })
  // Object keys become paths below `directory`.
  app.addHook('onRequest', async (request, reply) => {
    if (
      decodeURIComponent(request.url)
        .split(/[/\\?]/)
        .includes('..')
    )
      await reply.code(400).send('<Error><Code>InvalidURI</Code></Error>')
  })
  stores.s3Store.createBucket(bucket)
  const endpoint = await app.listen({ host: '127.0.0.1', port })
  return {
    address: { endpoint, bucket, accessKeyId: 'local', secretAccessKey },
    close: async () => {
      await app.close()
    },
  }
}

/** fauxqs exports its persistence only through `startFauxqs`, which listens on every interface: hence its inner files, by address. */
const fileStores = async (directory: string): Promise<Stores> => {
  const inner = async <Module>(path: string): Promise<Module> =>
    (await import(new URL(path, import.meta.resolve('fauxqs')).href)) as Module
  const [{ S3Store }, { SqsStore }, { SnsStore }, { FileS3Persistence }] = await Promise.all([
    inner<{ S3Store: new () => S3Store }>('s3/s3Store.js'),
    inner<{ SqsStore: new () => Stores['sqsStore'] }>('sqs/sqsStore.js'),
    inner<{ SnsStore: new () => Stores['snsStore'] }>('sns/snsStore.js'),
    inner<{ FileS3Persistence: new (directory: string) => Persistence }>('s3/fileS3Persistence.js'),
  ])
  const s3Store = new S3Store()
  const persistence = new FileS3Persistence(directory)
  persistence.loadS3(s3Store)
  s3Store.persistence = persistence
  return { s3Store, sqsStore: new SqsStore(), snsStore: new SnsStore() }
}
