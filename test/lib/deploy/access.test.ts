import { describe, expect, it } from 'vitest'
import { closeRoutes } from '../../../lib/deploy/access.ts'
import Deployment from '../../../lib/deploy/plugin.ts'
import { enterVpc } from '../../../lib/deploy/roles.ts'
import type { AccessSettings, Service } from '../../../lib/deploy/service.ts'

const service = (access: Partial<AccessSettings>, stage = 'dev'): Service => ({
  service: 'airbyte-ingestion',
  provider: { stage },
  functions: {
    authorizer: { name: 'authorizer' },
    docs: { name: 'docs', events: [{ httpApi: 'GET /docs' }] },
    sync: { name: 'sync', events: [{ httpApi: 'POST /sync' }, { httpApi: { method: 'get', path: '/sync/{jobId}' } }] },
  },
  resources: { Resources: {} },
  custom: {
    access: {
      authorizer: 'iam',
      docs: 'closed',
      jwtIssuer: '',
      jwtAudience: '',
      corsOrigins: '',
      vpcSubnetIds: '',
      vpcSecurityGroupIds: '',
      ...access,
    },
    grants: {},
    operations: { alarmEmail: '', throttle: { ratePerSecond: 1, burst: 1, writeRatePerSecond: 1, writeBurst: 1 } },
  },
})

const closed = (access: Partial<AccessSettings>, stage?: string) => {
  const subject = service(access, stage)
  closeRoutes(subject)
  return subject
}

const authorizersOf = ({ functions }: Service) =>
  functions.sync?.events?.map(({ httpApi }) => (typeof httpApi === 'object' ? httpApi.authorizer : undefined))

describe('closing the routes', () => {
  it('asks for signed requests unless told otherwise', () => {
    const subject = closed({})
    expect(authorizersOf(subject)).toEqual([{ type: 'aws_iam' }, { type: 'aws_iam' }])
    expect(Object.keys(subject.functions)).toEqual(['docs', 'sync'])
  })

  it('asks for a scope that fits the method', () => {
    const subject = closed({ authorizer: 'jwt', jwtIssuer: 'https://issuer.example', jwtAudience: 'ingestion, other' })
    expect(authorizersOf(subject)).toEqual([
      { name: 'jwt', scopes: ['write'] },
      { name: 'jwt', scopes: ['read', 'write'] },
    ])
    expect(subject.provider.httpApi?.authorizers).toMatchObject({
      jwt: { issuerUrl: 'https://issuer.example', audience: ['ingestion', 'other'] },
    })
  })

  it('keeps the authorizer function for keys', () => {
    const subject = closed({ authorizer: 'api-key' })
    expect(Object.keys(subject.functions)).toEqual(['authorizer', 'docs', 'sync'])
    expect(authorizersOf(subject)).toEqual([{ name: 'apiKey' }, { name: 'apiKey' }])
  })

  it('leaves the documentation open when asked to, and nothing else', () => {
    const subject = closed({ docs: 'open' })
    expect(subject.functions.docs?.events).toEqual([{ httpApi: 'GET /docs' }])
    expect(authorizersOf(subject)).toEqual([{ type: 'aws_iam' }, { type: 'aws_iam' }])
    expect(closed({}).functions.docs?.events).toEqual([
      { httpApi: { method: 'GET', path: '/docs', authorizer: { type: 'aws_iam' } } },
    ])
  })

  it('leaves routes open in stage local only', () => {
    expect(authorizersOf(closed({ authorizer: 'none' }, 'local'))).toEqual([undefined, undefined])
    expect(() => closed({ authorizer: 'none' })).toThrow(/iam, jwt or api-key/)
  })

  it.each([
    ['an authorizer that does not exist', { authorizer: 'open' }, /choose iam, jwt or api-key/],
    ['JWT without an issuer', { authorizer: 'jwt', jwtAudience: 'a' }, /jwtIssuer/],
    ['JWT without an audience', { authorizer: 'jwt', jwtIssuer: 'https://issuer.example' }, /jwtAudience/],
  ])('refuses %s', (_, access, message) => expect(() => closed(access)).toThrow(message))

  it('refuses subnets without security groups', () =>
    expect(() => enterVpc(service({ vpcSubnetIds: 'subnet-1' }))).toThrow(/together/))
})

it('functions that are built already are built again only when they change while serverless-offline runs', () => {
  const subject = service({}, 'dev')
  subject.custom.isBuilt = true
  const { hooks } = new Deployment({ service: subject, configSchemaHandler: { defineFunctionProperties: () => {} } })
  const skipped = () => Object.values(subject.functions).map(({ skipEsbuild }) => skipEsbuild)
  hooks.initialize?.()
  expect(skipped()).toEqual([true, true])
  hooks['before:offline:start']?.()
  expect(skipped()).toEqual([false, false])
})
