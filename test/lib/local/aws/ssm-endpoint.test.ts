import {
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AwsEndpoint, startAwsEndpoint } from '../../../../lib/local/aws/aws-endpoint.ts'
import { ssmActions } from '../../../../lib/local/aws/ssm-endpoint.ts'
import { awsClient } from '../../../support/aws-client.ts'

let endpoint: AwsEndpoint
let ssm: SSMClient

beforeAll(async () => {
  endpoint = await startAwsEndpoint(
    ssmActions({ '/app/local/base-url': 'http://127.0.0.1:1', '/app/local/deep/auth': '{}', '/application/x': 'no' }),
  )
  ssm = new SSMClient(awsClient(endpoint.url))
})

afterAll(() => endpoint.close())

const names = (answer: { Parameters?: { Name?: string | undefined }[] | undefined }) =>
  answer.Parameters?.map(({ Name }) => Name)

describe('parameters', () => {
  it('are read by path, one level or all below it', async () => {
    expect(names(await ssm.send(new GetParametersByPathCommand({ Path: '/app/local/' })))).toEqual([
      '/app/local/base-url',
    ])
    expect(names(await ssm.send(new GetParametersByPathCommand({ Path: '/app', Recursive: true })))).toEqual([
      '/app/local/base-url',
      '/app/local/deep/auth',
    ])
  })

  it('come in pages of ten', async () => {
    for (let index = 0; index < 12; index++)
      await ssm.send(new PutParameterCommand({ Name: `/many/p${index}`, Value: 'x', Type: 'String' }))
    const first = await ssm.send(new GetParametersByPathCommand({ Path: '/many' }))
    expect(first.Parameters).toHaveLength(10)
    const second = await ssm.send(new GetParametersByPathCommand({ Path: '/many', NextToken: first.NextToken }))
    expect(second.Parameters).toHaveLength(2)
    expect(second.NextToken).toBeUndefined()
  })

  it('are encrypted for who does not ask to decrypt', async () => {
    const read = (WithDecryption: boolean) =>
      ssm.send(new GetParameterCommand({ Name: '/app/local/base-url', WithDecryption }))
    expect((await read(true)).Parameter?.Value).toBe('http://127.0.0.1:1')
    expect((await read(false)).Parameter?.Value).not.toContain('127.0.0.1')
  })

  it('that do not exist are named', async () => {
    const answer = await ssm.send(new GetParametersCommand({ Names: ['/app/local/base-url', '/none'] }))
    expect(answer.InvalidParameters).toEqual(['/none'])
    await expect(ssm.send(new GetParameterCommand({ Name: '/none' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    })
  })

  it('are replaced only when asked', async () => {
    const put = (Overwrite: boolean) =>
      ssm.send(new PutParameterCommand({ Name: '/app/new', Value: 'v', Type: 'String', Overwrite }))
    expect((await put(false)).Version).toBe(1)
    await expect(put(false)).rejects.toMatchObject({ name: 'ParameterAlreadyExists' })
    expect((await put(true)).Version).toBe(2)
  })
})

describe('the endpoint', () => {
  it('refuses an operation that it does not have', async () => {
    const { SFNClient, ListStateMachinesCommand } = await import('@aws-sdk/client-sfn')
    const sfn = new SFNClient(awsClient(endpoint.url))
    await expect(sfn.send(new ListStateMachinesCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
    })
  })

  it('takes AWS JSON only, which no web page can send unasked', async () => {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'x-amz-target': 'AmazonSSM.GetParameter' },
      body: '{"Name":"/app/local/base-url","WithDecryption":true}',
    })
    expect(response.status).toBe(415)
  })
})
