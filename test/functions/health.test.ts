import './setup.ts'
import { describe, expect, it } from 'vitest'
import type { StandInAuth } from '../support/airbyte/stand-in.ts'
import { ask } from '../support/http-api.ts'
import { useAirbyte } from './setup.ts'

const basic = { mode: 'basic', username: 'airbyte', password: 'right' } as const
const token = { mode: 'token', clientId: 'id', clientSecret: 'right', lifeSeconds: 900 } as const
const states = async () => {
  const { status, body } = await ask('GET /health')
  const checks = body.checks as { name: string; status: string }[]
  return { status, code: body.code, checks: checks.map((one) => `${one.name} ${one.status}`) }
}
const fine = { status: 200, code: undefined, checks: ['reachable ok', 'credentials ok', 'workspace ok'] }
const locked = { status: 502, code: 'airbyte_unauthorized' }

describe('GET /health', () => {
  it.each<[string, StandInAuth, object]>([
    ['none', { mode: 'none' }, { mode: 'none' }],
    ['basic', basic, basic],
    ['client credentials', token, { mode: 'client_credentials', clientId: 'id', clientSecret: 'right' }],
  ])('is fine with %s', async (_, auth, setting) => {
    await using _airbyte = await useAirbyte({ auth, AIRBYTE_AUTH: JSON.stringify(setting) })
    expect(await states()).toEqual(fine)
  })

  it.each<[string, StandInAuth, object]>([
    ['a wrong Basic login', basic, { ...basic, password: 'canary' }],
    ['no login where one is asked for', token, { mode: 'none' }],
    ['wrong client credentials', token, { mode: 'client_credentials', clientId: 'id', clientSecret: 'canary' }],
    ['a token that is none', token, { mode: 'bearer', token: 'canary' }],
  ])('tells of %s', async (_, auth, setting) => {
    await using _airbyte = await useAirbyte({ auth, AIRBYTE_AUTH: JSON.stringify(setting) })
    expect(await states()).toEqual({
      ...locked,
      checks: ['reachable ok', 'credentials failed', 'workspace not_checked'],
    })
  })

  it('tells of an Airbyte that is down, and where it was looked for', async () => {
    const airbyte = await useAirbyte()
    await airbyte[Symbol.asyncDispose]()
    const { status, body } = await ask('GET /health')
    expect([status, body.code]).toEqual([503, 'airbyte_unreachable'])
    expect(body.detail).toContain(airbyte.url)
    expect(body.checks).toMatchObject([
      { name: 'reachable', status: 'failed', message: body.detail },
      { name: 'credentials', status: 'not_checked' },
      { name: 'workspace', status: 'not_checked' },
    ])
  })
})
