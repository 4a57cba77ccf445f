import { startIdempotencyTable } from '../../lib/local/aws/idempotency-table.ts'

/** A table of idempotency keys that the functions use until it is disposed of. */
export const useTable = async (): Promise<AsyncDisposable> => {
  // A name of its own: clients are kept by it.
  const tableName = `keys-${crypto.randomUUID()}`
  const table = await startIdempotencyTable(tableName)
  Object.assign(process.env, {
    IDEMPOTENCY_TABLE: tableName,
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  })
  return {
    [Symbol.asyncDispose]: async () => {
      process.env.IDEMPOTENCY_TABLE = ''
      await table.close()
    },
  }
}
