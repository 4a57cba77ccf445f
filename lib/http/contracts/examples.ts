/** A body for each route that needs one, as `/docs` shows it. Ids stand for those that earlier answers gave. */
export const examples: Readonly<Record<string, unknown>> = {
  'POST /datasource': {
    name: 'shop',
    type: 'postgres',
    config: { host: 'db.example.com', port: 5432, database: 'shop', username: 'reader', password: 'secret' },
  },
  'PATCH /datasource/{id}': { config: { host: 'replica.example.com' } },
  'POST /sink': {
    name: 'datalake',
    type: 's3',
    config: {
      bucket_name: 'my-bucket',
      bucket_region: 'us-east-1',
      access_key_id: 'AKIAEXAMPLE',
      secret_access_key: 'secret',
      path_prefix: 'exports/',
    },
  },
  'PATCH /sink/{id}': { name: 'datalake-eu' },
  'POST /ingestion': {
    sourceId: '7e1f3a52-0c5b-4c1e-9a53-1d2f6c0b8a11',
    sinkId: 'c2a9d6f4-53e1-47b8-8b0e-5f7d9e3a6c22',
    name: 'shop to datalake',
    schedule: { cron: '0 3 * * *', timezone: 'Europe/Berlin' },
  },
  'PATCH /ingestion/{id}': { schedule: { units: 6, timeUnit: 'hours' } },
  'POST /ingestion/{id}/sync': { maxDuration: 'PT6H', onTimeout: 'cancel' },
  'POST /sync': { connectionId: '9d4b1c07-6a2e-4f38-b5d1-3e8c7f2a9b33' },
}
