import '../support/quiet-log.ts'
import { startAirbyte } from '../support/airbyte/stand-in.ts'

/** A stand-in that the functions use from now on. */
export const useAirbyte = async (options: Parameters<typeof startAirbyte>[0] & { AIRBYTE_AUTH?: string } = {}) => {
  const airbyte = await startAirbyte(options)
  process.env.AIRBYTE_BASE_URL = airbyte.url
  process.env.AIRBYTE_AUTH = options.AIRBYTE_AUTH ?? ''
  process.env.AIRBYTE_WORKSPACE_ID = ''
  process.env.WAIT_STATE_MACHINE_ARN = ''
  process.env.HTTP_DEADLINE_MS = ''
  process.env.OPERATION_STATE_MACHINE_ARN = ''
  return airbyte
}

export const mysql = {
  name: 'mysql_source',
  type: 'mysql',
  config: { host: 'localhost', port: 3306, database: 'mysql_db', username: 'root', password: 'canary-password' },
}

export const s3 = {
  name: 's3_sink',
  type: 's3',
  config: {
    bucket_name: 'my-bucket',
    bucket_region: 'us-east-1',
    access_key_id: 'canary-key',
    secret_access_key: 'canary-secret',
    path_prefix: 'exports/',
  },
}
