import { expect, it } from 'vitest'
import { readParameters } from '../../../lib/aws/ssm.ts'
import { startAwsEndpoint } from '../../../lib/local/aws/aws-endpoint.ts'
import { ssmActions } from '../../../lib/local/aws/ssm-endpoint.ts'

it('every parameter of a stage is read, decrypted, over all pages, and none of another', async () => {
  const own = Object.fromEntries(Array.from({ length: 23 }, (_, index) => [`/app/dev/p${index}`, `v${index}`]))
  const endpoint = await startAwsEndpoint(ssmActions({ ...own, '/app/dev2/other': 'x', '/app/dev/deep/one': 'x' }))
  process.env.AWS_ENDPOINT_URL_SSM = endpoint.url
  process.env.AWS_REGION = 'us-east-1'
  process.env.AWS_ACCESS_KEY_ID = 'local'
  process.env.AWS_SECRET_ACCESS_KEY = 'local'
  const found = await readParameters('/app/dev/')
  await endpoint.close()
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.entries(own).map(([name, value]) => [name.slice(9), value])),
  )
})
