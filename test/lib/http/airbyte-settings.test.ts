import '../../support/quiet-log.ts'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../lib/config.ts'
import { settingsSource } from '../../../lib/http/airbyte-settings.ts'

const parameters = (more: Record<string, string> = {}) =>
  new Map(Object.entries({ 'base-url': 'http://a:8000', ...more }))
const config = readConfig({ STAGE: 'prod' })

const clocked = (read: () => Promise<ReadonlyMap<string, string>> = async () => parameters()) => {
  const clock = { nowMs: 0, paths: [] as string[] }
  const source = settingsSource(
    (path) => {
      clock.paths.push(path)
      return read()
    },
    () => clock.nowMs,
  )
  return { clock, source }
}

describe('settingsSource', () => {
  it('reads the stage by one path and keeps it for five minutes', async () => {
    const { clock, source } = clocked()
    const first = await source.read(config)
    expect(first).toEqual({ baseUrl: 'http://a:8000/api/v1', auth: { mode: 'none' } })
    clock.nowMs = 299_999
    expect(await source.read(config)).toBe(first)
    expect(clock.paths).toEqual(['/airbyte-ingestion/prod/'])
    clock.nowMs = 300_000
    expect(await source.read(config)).toBe(first)
    expect(clock.paths).toHaveLength(2)
  })

  it('never calls SSM when the environment names an Airbyte', async () => {
    const { clock, source } = clocked()
    const env = {
      AIRBYTE_BASE_URL: 'http://b',
      AIRBYTE_WORKSPACE_ID: 'w',
      AIRBYTE_AUTH: '{"mode":"bearer","token":"t"}',
    }
    expect(await source.read(readConfig(env))).toEqual({
      baseUrl: 'http://b/api/v1',
      workspaceId: 'w',
      auth: { mode: 'bearer', token: 't' },
    })
    expect(clock.paths).toEqual([])
  })

  it('the environment wins over single parameters', async () => {
    const { source } = clocked(async () => parameters({ 'workspace-id': 'from-ssm' }))
    const env = { STAGE: 'prod', AIRBYTE_WORKSPACE_ID: 'from-env' }
    expect(await source.read(readConfig(env))).toMatchObject({ workspaceId: 'from-env' })
  })

  it('the last settings stay when SSM fails later', async () => {
    let isUp = true
    const { clock, source } = clocked(async () => {
      if (!isUp) throw new Error('throttled')
      return parameters()
    })
    const first = await source.read(config)
    isUp = false
    clock.nowMs = 400_000
    expect(await source.read(config)).toBe(first)
    clock.nowMs = 500_000
    await source.read(config)
    expect(clock.paths).toHaveLength(2)
  })

  it('after a 401 they are read again, at most every 30 s', async () => {
    let password = 'old'
    const auth = () => JSON.stringify({ mode: 'basic', username: 'a', password })
    const { clock, source } = clocked(async () => parameters({ auth: auth() }))
    await source.read(config)
    password = 'new'
    expect(await source.reread(config)).toMatchObject({ auth: { password: 'old' } })
    clock.nowMs = 30_000
    expect(await source.reread(config)).toMatchObject({ auth: { password: 'new' } })
    expect(await source.read(config)).toMatchObject({ auth: { password: 'new' } })
    expect(clock.paths).toHaveLength(2)
  })

  it.each([
    ['no base-url', {}, /\/airbyte-ingestion\/prod\/base-url/],
    ['a base-url that is none', { 'base-url': 'canary' }, /base-url is not an http/],
    ['auth that is no JSON', { 'base-url': 'http://a', auth: 'canary' }, /auth is not JSON/],
    ['auth of an unknown mode', { 'base-url': 'http://a', auth: '{"mode":"canary"}' }, /does not fit at mode/],
    [
      'auth that lacks a member',
      { 'base-url': 'http://a', auth: '{"mode":"basic","username":"canary"}' },
      /at password/,
    ],
  ])('%s is not_configured and names the parameter, not its value', async (_, values, message) => {
    const { source } = clocked(async () => new Map(Object.entries(values)))
    await expect(source.read(config)).rejects.toMatchObject({ code: 'not_configured' })
    await expect(source.read(config)).rejects.toThrow(message)
    await expect(source.read(config)).rejects.not.toThrow(/canary/)
  })

  it('an SSM that never answered is not_configured', () =>
    expect(clocked(() => Promise.reject(new Error('no'))).source.read(config)).rejects.toMatchObject({
      code: 'not_configured',
    }))
})
