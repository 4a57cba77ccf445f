import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findApiKey, parseApiKeys } from '../../../lib/http/api-keys.ts'
import { type AwsEndpoint, startAwsEndpoint } from '../../../lib/local/aws/aws-endpoint.ts'
import { ssmActions } from '../../../lib/local/aws/ssm-endpoint.ts'
import { type StandIn, startAirbyte } from '../../support/airbyte/stand-in.ts'

const secret = 'cAnArY-secret'

let airbyte: StandIn
let ssm: AwsEndpoint
const store = ssmActions()
const parameter = async (name: string) => {
  const answer = await store['AmazonSSM.GetParameter']?.({ Name: name, WithDecryption: true })
  return (answer as { Parameter?: { Value: string; Type: string } }).Parameter
}

beforeAll(async () => {
  airbyte = await startAirbyte({ auth: { mode: 'basic', username: 'airbyte', password: secret } })
  ssm = await startAwsEndpoint(store)
})

afterAll(async () => {
  await ssm.close()
  await airbyte[Symbol.asyncDispose]()
})

const account = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' }

const run = async (command: string, args: readonly string[], options: { env?: object; input?: string } = {}) => {
  const file = fileURLToPath(new URL(`../../../lib/deploy/${command}.ts`, import.meta.url))
  const child = spawn(process.execPath, [file, ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL_SSM: ssm.url,
      ...(options.env ?? account),
    },
  })
  let said = ''
  let out = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  child.stdout.on('data', (chunk) => {
    out += String(chunk)
  })
  child.stdin.end(options.input ?? '')
  const [code] = (await once(child, 'close')) as [number]
  return { code, said, out }
}

describe('npm run configure', () => {
  it('shows what it writes, writes it, and says that Airbyte answers; the secret comes from stdin and is never shown', async () => {
    const args = ['--stage', 'dev', '--airbyte-url', airbyte.url, '--username', 'airbyte', '--yes']
    const { code, said, out } = await run('configure', args, { input: `${secret}\n` })
    expect(said).toContain('/airbyte-ingestion/dev/base-url = http://127.0.0.1')
    expect(said).toContain(
      '/airbyte-ingestion/dev/auth = {"mode":"basic","username":"airbyte","password":"**********"}',
    )
    expect(said).toMatch(/Airbyte \S* answers/)
    expect(said + out).not.toContain(secret)
    expect(code).toBe(0)
    expect(await parameter('/airbyte-ingestion/dev/auth')).toMatchObject({
      Type: 'SecureString',
      Value: JSON.stringify({ mode: 'basic', username: 'airbyte', password: secret }),
    })
  })

  it('adds and removes keys; a key is shown once and kept as a hash', async () => {
    const first = await run('configure', ['--stage', 'dev', '--add-key', 'ci', '--yes'])
    const second = await run('configure', ['--stage', 'dev', '--add-key', 'dash', '--scope', 'read', '--yes'])
    const name = '/airbyte-ingestion-access/dev/api-keys'
    const stored = (await parameter(name))?.Value ?? ''
    expect(stored).not.toContain(first.out.trim())
    expect(findApiKey(parseApiKeys(stored), first.out.trim())).toMatchObject({ name: 'ci', scope: 'write' })
    expect(findApiKey(parseApiKeys(stored), second.out.trim())).toMatchObject({ name: 'dash', scope: 'read' })
    expect((await run('configure', ['--stage', 'dev', '--remove-key', 'ci', '--yes'])).code).toBe(0)
    expect(parseApiKeys((await parameter(name))?.Value ?? '').map((key) => key.name)).toEqual(['dash'])
  })

  it.each([
    ['no terminal and no --yes', ['--airbyte-url', 'http://airbyte.example'], /Nothing was written/],
    ['an address that is none', ['--airbyte-url', 'airbyte', '--yes'], /not an http or https URL/],
    ['nothing to write', ['--yes'], /Nothing to write/],
    ['a key that is there', ['--add-key', 'dash', '--yes'], /There is an API key dash/],
    ['a key that is not there', ['--remove-key', 'nobody', '--yes'], /There is no API key nobody/],
    ['two ways to sign in', ['--username', 'a', '--token', '--yes'], /Choose one of/],
  ])('ends with 1 and writes nothing for %s', async (_, args, message) => {
    const before = await parameter('/airbyte-ingestion/dev/base-url')
    const { code, said } = await run('configure', ['--stage', 'dev', ...args])
    expect(said).toMatch(message)
    expect(code).toBe(1)
    expect(await parameter('/airbyte-ingestion/dev/base-url')).toEqual(before)
  })

  it('says so when Airbyte does not answer, after writing', async () => {
    const { code, said } = await run('configure', ['--stage', 'gone', '--airbyte-url', 'http://127.0.0.1:1', '--yes'])
    expect(said).toMatch(/Written\.[\s\S]*http:\/\/127\.0\.0\.1:1/)
    expect(code).toBe(1)
  })
})

describe('npm run deploy, before it touches anything', () => {
  it.each([
    ['credentials and region', ['--stage', 'dev'], { env: {} }, [/No region/, /No AWS credentials/]],
    ['parameters', ['--stage', 'empty'], {}, [/base-url/, /npm run configure -- --stage empty/]],
    ['an issuer', ['--stage', 'dev', '--authorizer', 'jwt'], {}, [/--jwt-issuer/]],
    ['an authorizer that exists', ['--stage', 'dev', '--authorizer', 'none'], {}, [/choose iam, jwt or api-key/]],
    ['the same as a stage parameter', ['--stage', 'dev', '--param', 'authorizer=jwt'], {}, [/--jwt-issuer/]],
    ['keys', ['--stage', 'gone', '--authorizer', 'api-key'], {}, [/No API key/]],
  ])('says that it misses %s', async (_, args, options, messages) => {
    const { code, said } = await run('deploy', args, options)
    expect(said).toMatch(/^Nothing was deployed/)
    for (const message of messages) expect(said).toMatch(message)
    expect(code).toBe(1)
  })

  it('deploys no stage called local', async () =>
    expect((await run('deploy', ['--stage', 'local'])).said).toMatch(/npm start only/))
})

it('npm run remove asks for the name of the stage first', async () => {
  const { code, said } = await run('remove', ['--stage', 'dev'], { input: 'prod\n' })
  expect(said).toMatch(/Removes stage dev in eu-central-1[\s\S]*Nothing was removed/)
  expect(code).toBe(1)
})
