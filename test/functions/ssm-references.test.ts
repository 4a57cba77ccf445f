import './setup.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/aws-endpoint.ts'
import { ssmActions } from '../../lib/local/aws/ssm-endpoint.ts'
import { ask } from '../support/http-api.ts'
import { mysql, useAirbyte } from './setup.ts'

const path = '/airbyte-ingestion/dev/secrets/shop/password'

let endpoint: AwsEndpoint
beforeAll(async () => {
  endpoint = await startAwsEndpoint(ssmActions({ [path]: 'canary-from-ssm', '/elsewhere': 'canary-elsewhere' }))
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SSM: endpoint.url,
  })
})
afterAll(() => endpoint.close())

const withPassword = (password: unknown, more: object = {}) => ({
  ...mysql,
  config: { ...mysql.config, password, ...more },
})

describe('a reference to SSM', () => {
  it('is sent as the secret that it names, and never shown', async () => {
    await using airbyte = await useAirbyte()
    const made = await ask('POST /datasource', { body: withPassword({ $ssm: path }) })
    expect([made.status, made.body.config]).toMatchObject([201, { password: '**********' }])
    expect(airbyte.state.actors.get(String(made.body.id))?.connectionConfiguration).toMatchObject({
      password: 'canary-from-ssm',
    })
    const dry = await ask('POST /datasource', { query: { dryRun: 'true' }, body: withPassword({ $ssm: path }) })
    expect(dry.body.request).toMatchObject({ connectionConfiguration: { password: '**********' } })
  })

  it('changes a stored secret', async () => {
    await using airbyte = await useAirbyte()
    const { body } = await ask('POST /datasource', { body: mysql })
    const id = String(body.id)
    const patch = { config: { password: { $ssm: path } } }
    expect((await ask('PATCH /datasource/{id}', { path: { id }, body: patch })).status).toBe(200)
    expect(airbyte.state.actors.get(id)?.connectionConfiguration).toMatchObject({ password: 'canary-from-ssm' })
  })

  it.each([
    ['outside the prefix', { $ssm: '/elsewhere' }],
    ['out of the prefix by dots', { $ssm: '/airbyte-ingestion/dev/secrets/../base-url' }],
    ['of no text', { $ssm: 5 }],
    ['to nothing', { $ssm: '/airbyte-ingestion/dev/secrets/nothing' }],
  ])('%s is refused', async (_, password) => {
    await using _airbyte = await useAirbyte()
    const { status, body } = await ask('POST /datasource', { body: withPassword(password) })
    expect([status, body.errors]).toMatchObject([422, [{ pointer: '/config/password' }]])
  })

  it('where Airbyte would show the value is refused', async () => {
    await using _airbyte = await useAirbyte()
    const body = withPassword('x', { host: { $ssm: path } })
    const answer = await ask('POST /datasource', { body })
    expect([answer.status, answer.body.errors]).toMatchObject([422, [{ pointer: '/config/host' }]])
  })

  it('that cannot be read is the fault of the service', async () => {
    await using _airbyte = await useAirbyte()
    await endpoint.close()
    const answer = await ask('POST /datasource', { body: withPassword({ $ssm: path }) })
    expect([answer.status, answer.body.code]).toEqual([503, 'not_configured'])
    expect(answer.body.detail).toContain('ssm:GetParameters')
  })
})
