import { Command } from 'commander'
import { failWith, portOption, toStderr, urlOption } from './command-line.ts'
import { stopOnSignal } from './shutdown.ts'
import { type Stack, type StackOptions, startStack } from './stack.ts'

interface Options {
  apiPort: number
  enginePort: number
  pgPort?: number
  s3Port?: number
  data?: string
  airbyteUrl?: string
  json: boolean
}

const options = new Command('npm start --')
  .description('The API with everything behind it on this machine: engine, sample Postgres, S3 store, AWS stand-ins.')
  .option('--api-port <port>', 'the HTTP API (0 = any free port, as everywhere)', portOption, 3000)
  .option('--engine-port <port>', "the engine: Airbyte's Config API", portOption, 8000)
  .option('--pg-port <port>', 'the sample Postgres (default: any free port)', portOption)
  .option('--s3-port <port>', 'the S3 store (default: any free port)', portOption)
  .option('--data <directory>', 'keep everything here between runs (default: a temporary directory)')
  .option(
    '--airbyte-url <url>',
    'use this Airbyte instead of engine and samples; credentials: AIRBYTE_AUTH (JSON)',
    urlOption,
  )
  .option('--json', 'print one line of JSON on stdout when ready, logs on stderr', false)
  .parse()
  .opts<Options>()

const stackOptions = (): StackOptions => ({
  apiPort: options.apiPort,
  enginePort: options.enginePort,
  ...(options.pgPort === undefined ? {} : { postgresPort: options.pgPort }),
  ...(options.s3Port === undefined ? {} : { s3Port: options.s3Port }),
  ...(options.data === undefined ? {} : { data: options.data }),
  ...(options.airbyteUrl === undefined ? {} : { airbyte: airbyteAt(options.airbyteUrl) }),
  watch: true,
  log: toStderr,
})

const airbyteAt = (url: string) => ({
  url,
  ...(process.env.AIRBYTE_AUTH ? { auth: process.env.AIRBYTE_AUTH } : {}),
})

const addresses = ({ api, engine, postgres, s3 }: Stack) => ({ api, engine, postgres, s3 })

/** What to do first: a line that works as it stands, and the variables that README.md's walk-through uses. */
const banner = ({ api, engine, postgres, s3 }: Stack): string => {
  const variables = {
    API: api,
    ...(postgres && { PG_PORT: String(postgres.port), PG_PASSWORD: postgres.password }),
    ...(s3 && { S3_ENDPOINT: s3.endpoint, S3_KEY: s3.accessKeyId, S3_SECRET: s3.secretAccessKey }),
  }
  return [
    '',
    `  API       ${api}`,
    `  Airbyte   ${engine}`,
    ...(postgres
      ? [`  Postgres  ${postgres.host}:${postgres.port}, database ${postgres.database}, user ${postgres.username}`]
      : []),
    ...(s3 ? [`  S3        ${s3.endpoint}, bucket ${s3.bucket}`] : []),
    '',
    '  Try:',
    `  curl -s ${api}/health`,
    '',
    "  For the README's walk-through, paste this into another terminal:",
    `  export ${Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
    '',
    '  Ctrl-C stops everything.',
    '',
    '',
  ].join('\n')
}

const stopping = stopOnSignal(async () => (await starting.catch(() => undefined))?.close(), 0)
const starting = startStack({ ...stackOptions(), signal: stopping })
try {
  const stack = await starting
  process.stdout.write(options.json ? `${JSON.stringify(addresses(stack))}\n` : banner(stack))
  const reason = await stack.ended
  if (!stopping.aborted) {
    toStderr(`${reason} Stopping.`)
    await stack.close()
    process.exit(1)
  }
} catch (error) {
  if (!stopping.aborted) failWith(error)
}
