import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../../../lib/airbyte/types.ts'
import { checkConfig } from '../../../../lib/ingestion/config/check-config.ts'
import { completeConfig } from '../../../../lib/ingestion/config/complete-config.ts'

const folder = new URL('../../../../../shared/airbyte/specs/', import.meta.url)
const hasSpecs = existsSync(folder)
if (!hasSpecs)
  console.warn('complete-config: ../shared/airbyte/specs is missing, the real specifications are not tried')
const specification = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')).spec.connectionSpecification

const mysqlAsPrinted = { host: 'localhost', port: 3306, database: 'mysql_db', username: 'root', password: 'password' }
const s3AsPrinted = {
  bucket_name: 'my-bucket',
  bucket_region: 'us-east-1',
  access_key_id: 'AKIA...',
  secret_access_key: 'secret',
  path_prefix: 'exports/',
}
const postgresAsPrinted = {
  host: 'postgres',
  port: 5432,
  database: 'ecommerce',
  username: 'postgres',
  password: 'postgres',
  ssl: false,
  replication_method: { method: 'Standard' },
}
const minioAsPrinted = {
  s3_bucket_name: 'datalake',
  s3_bucket_path: 'bronze/',
  s3_bucket_region: 'us-east-1',
  access_key_id: 'minioadmin',
  secret_access_key: 'minioadmin',
  s3_endpoint: 'http://minio:9000',
  format: { format_type: 'Parquet', compression_codec: 'snappy' },
}
const warehouseAsPrinted = {
  host: 'postgres',
  port: 5432,
  database: 'datawarehouse',
  username: 'postgres',
  password: 'postgres',
  schema: 'raw',
  ssl: false,
}

describe.runIf(hasSpecs)("the seed documents' payloads, against the real specifications", () => {
  it.each([
    ['source-mysql', mysqlAsPrinted, { ...mysqlAsPrinted, replication_method: { method: 'STANDARD' } }],
    [
      'destination-s3',
      s3AsPrinted,
      {
        s3_bucket_name: 'my-bucket',
        s3_bucket_region: 'us-east-1',
        s3_bucket_path: 'exports/',
        access_key_id: 'AKIA...',
        secret_access_key: 'secret',
        format: { format_type: 'Parquet', compression_codec: 'SNAPPY' },
      },
    ],
    [
      'source-postgres',
      postgresAsPrinted,
      {
        host: 'postgres',
        port: 5432,
        database: 'ecommerce',
        username: 'postgres',
        password: 'postgres',
        replication_method: { method: 'Standard' },
        ssl_mode: { mode: 'disable' },
      },
    ],
    [
      'destination-s3',
      minioAsPrinted,
      { ...minioAsPrinted, format: { format_type: 'Parquet', compression_codec: 'SNAPPY' } },
    ],
    ['destination-postgres', warehouseAsPrinted, { ...warehouseAsPrinted, ssl_mode: { mode: 'disable' } }],
  ])('%s takes it as printed', async (name, printed, expected) => {
    const { config, adjusted } = completeConfig(specification(name), printed)
    expect(config).toEqual(expected)
    expect(await checkConfig(specification(name), config)).toEqual([])
    expect(JSON.stringify(adjusted)).not.toMatch(/AKIA|minioadmin/)
  })

  it('a configuration of the real form is left as it is', () => {
    const fitting = { ...mysqlAsPrinted, replication_method: { method: 'STANDARD' }, ssl_mode: { mode: 'required' } }
    expect(completeConfig(specification('source-mysql'), fitting)).toEqual({ config: fitting, adjusted: [] })
  })

  it.each([
    ['source-mysql', {}, ['/config/host', '/config/database', '/config/username']],
    ['source-mysql', { ...mysqlAsPrinted, port: 'many' }, ['/config/port']],
    ['source-mysql', { ...mysqlAsPrinted, port: 70_000 }, ['/config/port']],
    [
      'source-mysql',
      { ...mysqlAsPrinted, replication_method: { method: 'WAL' } },
      ['/config/replication_method/method'],
    ],
    ['source-mysql', { ...mysqlAsPrinted, replication_method: 'CDC' }, ['/config/replication_method']],
    ['destination-s3', { ...minioAsPrinted, s3_bucket_region: 'mars-1' }, ['/config/s3_bucket_region']],
    [
      'destination-s3',
      { ...minioAsPrinted, format: { format_type: 'Parquet', compression_codec: 'rar' } },
      ['/config/format/compression_codec'],
    ],
    ['destination-s3', { ...minioAsPrinted, format: { format_type: 'Excel' } }, ['/config/format/format_type']],
    [
      'source-postgres',
      { ...postgresAsPrinted, replication_method: { method: 'CDC' } },
      ['/config/replication_method/replication_slot', '/config/replication_method/publication'],
    ],
  ])('%s: each fault has its pointer (%#)', async (name, config, pointers) => {
    const faults = await checkConfig(specification(name), completeConfig(specification(name), config).config)
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual([...pointers].sort())
  })

  it('a fault names the allowed values and never the value sent', async () => {
    const config = { ...minioAsPrinted, format: { format_type: 'canary' } }
    const [fault] = await checkConfig(specification('destination-s3'), config)
    expect(fault?.message).toBe('must be one of "CSV", "JSONL", "Avro", "Parquet"')
  })
})

describe('checkConfig', () => {
  it.each([
    ['a pattern of another language', { properties: { a: { type: 'string', pattern: '(?i' } } }],
    ['a broken reference', { properties: { a: { $ref: '#/definitions/none' } } }],
  ])('a specification with %s judges nothing', async (_, schema) =>
    expect(await checkConfig(schema, { a: 1 })).toEqual([]),
  )
})

describe('completeConfig', () => {
  const schema: Json = {
    required: ['port', 'level', 'path'],
    properties: {
      port: { type: 'integer', default: 1234 },
      level: { type: 'string', enum: ['Low', 'High'] },
      path: { type: 'string', default: '' },
      password: { type: 'integer', airbyte_secret: true },
      username: { type: 'string' },
      ratios: { type: 'array', items: { type: 'number' } },
      nested: { type: 'object', properties: { size: { type: 'integer' } } },
    },
  }

  it.each([
    ['a number as text', { port: '5432' }, { port: 5432 }, '/config/port'],
    ['a listed value in another case', { port: 1, level: 'HIGH' }, { port: 1, level: 'High' }, '/config/level'],
    ['a number in a list', { port: 1, ratios: ['0.5'] }, { port: 1, ratios: [0.5] }, '/config/ratios/0'],
    [
      'a number in an object',
      { port: 1, nested: { size: '3' } },
      { port: 1, nested: { size: 3 } },
      '/config/nested/size',
    ],
    ['user for username', { port: 1, user: 'a' }, { port: 1, username: 'a' }, '/config/user'],
    ['a required default', {}, { port: 1234 }, '/config/port'],
  ])('%s is put right and told', (_, config, expected, pointer) => {
    const completed = completeConfig(schema, config)
    expect(completed.config).toEqual(expected)
    expect(completed.adjusted.map((one) => one.pointer)).toEqual([pointer])
  })

  it.each([
    ['text that is no number', { port: '54a' }],
    ['a fraction for an integer', { port: '1.5' }],
    ['a number that would lose digits', { port: '99999999999999999999' }],
    ['an unknown field', { port: 1, extra: '7' }],
    ['both user and username', { port: 1, user: 'a', username: 'b' }],
    ['a field named like a prototype', { port: 1, constructor: 'x' }],
  ])('%s is left alone', (_, config) => expect(completeConfig(schema, config)).toEqual({ config, adjusted: [] }))

  it("a secret's values are not told", () =>
    expect(completeConfig(schema, { port: 1, password: '42' }).adjusted).toEqual([
      { pointer: '/config/password', why: 'is a number in the connector' },
    ]))
})
