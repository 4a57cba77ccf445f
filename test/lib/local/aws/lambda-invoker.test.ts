import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { lambdaInvoker } from '../../../../lib/local/aws/lambda-invoker.ts'

const arn = 'arn:aws:lambda:us-east-1:000000000000:function:service-local-poll'
const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A Lambda API that answers every invocation so; resolves with its address and what it was asked. */
const lambdaApi = async (status: number, body: string, headers: Record<string, string> = {}) => {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url} ${(await request.toArray()).join('')}`)
    response.writeHead(status, headers).end(body)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, asked }
}

describe('an invocation', () => {
  it('posts the event to the function of the ARN and resolves with its result', async () => {
    const { url, asked } = await lambdaApi(200, '{"next":"wait"}')
    expect(await lambdaInvoker(url)(arn, { jobId: 1 })).toEqual({ next: 'wait' })
    expect(asked).toEqual(['POST /2015-03-31/functions/service-local-poll/invocations {"jobId":1}'])
  })

  it.each([
    ['what the function threw', 200, '{"errorType":"Oops","errorMessage":"no"}', 'Oops', 'no'],
    ['a plain error as a failed task', 200, '{"errorType":"Error","errorMessage":"no"}', 'States.TaskFailed', 'no'],
  ])('throws %s', async (_what, status, body, name, message) => {
    const { url } = await lambdaApi(status, body, { 'X-Amz-Function-Error': 'Unhandled' })
    await expect(lambdaInvoker(url)(arn, {})).rejects.toMatchObject({ name, message })
  })

  it('throws what a state machine retries when the API refuses or does not answer', async () => {
    const { url } = await lambdaApi(404, '{}')
    await expect(lambdaInvoker(url)(arn, {})).rejects.toMatchObject({ name: 'Lambda.ServiceException' })
    await expect(lambdaInvoker('http://127.0.0.1:1')(arn, {})).rejects.toMatchObject({
      name: 'Lambda.SdkClientException',
    })
  })
})
