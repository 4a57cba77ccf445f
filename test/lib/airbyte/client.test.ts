import { describe, expect, it } from 'vitest'
import { connectAirbyte } from '../../../lib/airbyte/airbyte.ts'
import type { AuthSettings } from '../../../lib/airbyte/auth.ts'
import { anyPort } from '../../../lib/local/port.ts'
import { type ProfileName, profiles } from '../../support/airbyte/profile.ts'
import { type StandIn, startAirbyte } from '../../support/airbyte/stand-in.ts'
import { workspaceId } from '../../support/airbyte/store.ts'

const signal = AbortSignal.timeout(600_000)
const mysqlId = '435bb9a5-7887-4809-aa58-28c27df0d7ad'
const connect = (airbyte: StandIn, auth: AuthSettings = { mode: 'none' }) =>
  connectAirbyte({ baseUrl: airbyte.url, auth })
const newSource = (name: string) => ({
  workspaceId,
  name,
  definitionId: mysqlId,
  configuration: { host: name, port: 3306, database: 'd', username: 'u', replication_method: { method: 'STANDARD' } },
})

describe.each(Object.keys(profiles) as ProfileName[])('against %s', (profile) => {
  it('the workspace is found', async () => {
    await using airbyte = await startAirbyte({ profile })
    expect(await connect(airbyte).workspaceId(signal)).toBe(workspaceId)
    expect(airbyte.violations).toEqual([])
  })

  it('a list is walked to its end', async () => {
    await using airbyte = await startAirbyte({ profile })
    const { actors } = connect(airbyte)
    for (let index = 0; index < 205; index++) await actors.create('source', newSource(`s${index}`), signal)
    expect(await actors.list('source', workspaceId, signal)).toHaveLength(205)
    expect(airbyte.violations).toEqual([])
  })

  it('an unknown id is not_found, with nothing of Java in the message', async () => {
    await using airbyte = await startAirbyte({ profile })
    const lookUp = connect(airbyte).actors.get('source', crypto.randomUUID(), signal)
    await expect(lookUp).rejects.toMatchObject({ code: 'not_found' })
    await expect(lookUp).rejects.not.toThrow(/exception|io\.airbyte|\.kt|Internal Server Error/i)
  })

  it('an unknown job is job_not_found although Airbyte says 500', async () => {
    await using airbyte = await startAirbyte({ profile })
    await expect(connect(airbyte).jobs.find(99, signal)).rejects.toMatchObject({ code: 'job_not_found' })
  })

  it('the newest job that has not ended is found', async () => {
    await using airbyte = await startAirbyte({ profile })
    const connectionId = crypto.randomUUID()
    for (const status of ['failed', 'running', 'incomplete', 'succeeded']) airbyte.addJob(connectionId, { status })
    expect(await connect(airbyte).jobs.newestUnfinished(connectionId, signal)).toMatchObject({ id: 3 })
    expect(await connect(airbyte).jobs.newestUnfinished(crypto.randomUUID(), signal)).toBeUndefined()
  })

  it('a job has its statistics', async () => {
    await using airbyte = await startAirbyte({ profile })
    airbyte.addJob('c', { status: 'succeeded', records: 12, streams: true })
    const { jobs } = connect(airbyte)
    expect((await jobs.get(1, signal)).attempts[0]?.recordsSynced).toBe(12)
    expect((await jobs.getLight(1, signal)).status).toBe('succeeded')
  })
})

describe('authentication', () => {
  it('a Basic login works, and its HTML refusal is explained', async () => {
    await using airbyte = await startAirbyte({ auth: { mode: 'basic', username: 'airbyte', password: 'right' } })
    expect(await connect(airbyte, { mode: 'basic', username: 'airbyte', password: 'right' }).workspaceId(signal)).toBe(
      workspaceId,
    )
    const wrong = connect(airbyte, { mode: 'basic', username: 'airbyte', password: 'canary' }).workspaceId(signal)
    await expect(wrong).rejects.toMatchObject({ code: 'airbyte_unauthorized' })
    await expect(wrong).rejects.toThrow(/Basic login/)
    await expect(wrong).rejects.not.toThrow(/canary/)
  })

  it('client credentials get a token, and another when it was revoked', async () => {
    const credentials = { clientId: 'id', clientSecret: 'secret' }
    await using airbyte = await startAirbyte({ auth: { mode: 'token', ...credentials, lifeSeconds: 900 } })
    const { actors } = connect(airbyte, { mode: 'client_credentials', ...credentials })
    await actors.list('source', workspaceId, signal)
    airbyte.revokeTokens()
    await Promise.all([1, 2, 3].map(() => actors.list('source', workspaceId, signal)))
    expect(airbyte.requests.filter((path) => path === '/applications/token')).toHaveLength(2)
  })

  it('wrong client credentials are told as such, whatever status says so', async () => {
    await using airbyte = await startAirbyte({
      auth: { mode: 'token', clientId: 'id', clientSecret: 'secret', lifeSeconds: 900 },
    })
    const wrong = connect(airbyte, { mode: 'client_credentials', clientId: 'id', clientSecret: 'canary' })
    await expect(wrong.workspaceId(signal)).rejects.toMatchObject({ code: 'airbyte_unauthorized' })
    await expect(wrong.workspaceId(signal)).rejects.not.toThrow(/canary/)
  })

  it('a token endpoint that is down for a moment is asked again', async () => {
    const credentials = { clientId: 'id', clientSecret: 'secret' }
    await using airbyte = await startAirbyte({ auth: { mode: 'token', ...credentials, lifeSeconds: 900 } })
    airbyte.fail('/applications/token', { status: 502 }, { status: 502 })
    await connect(airbyte, { mode: 'client_credentials', ...credentials }).actors.list('source', workspaceId, signal)
  })

  it('rotated credentials are picked up after a 401', async () => {
    await using airbyte = await startAirbyte({ auth: { mode: 'basic', username: 'a', password: 'new' } })
    const settings = (password: string) => ({
      baseUrl: airbyte.url,
      auth: { mode: 'basic' as const, username: 'a', password },
    })
    const connected = connectAirbyte(settings('old'), { reread: async () => settings('new') })
    expect(await connected.workspaceId(signal)).toBe(workspaceId)
  })
})

describe('failures', () => {
  it.each([
    ['a cut connection', { cut: true }],
    ['a gateway that gives up', { status: 504, contentType: 'text/html', body: '<html>504</html>' }],
    ['too many requests', { status: 429, headers: { 'retry-after': '0' } }],
  ])('a read is repeated after %s', async (_, fault) => {
    await using airbyte = await startAirbyte()
    airbyte.fail('/sources/list', fault, fault)
    expect(await connect(airbyte).actors.list('source', workspaceId, signal)).toEqual([])
  })

  it('a create that lost its answer is not repeated', async () => {
    await using airbyte = await startAirbyte()
    airbyte.fail('/sources/create', { cut: true, after: true })
    await expect(connect(airbyte).actors.create('source', newSource('a'), signal)).rejects.toMatchObject({
      code: 'airbyte_unreachable',
    })
    expect(airbyte.requests).toEqual(['/sources/create'])
  })

  it.each([
    ['a page instead of the API', { status: 200, contentType: 'text/html', body: '<html/>' }, /HTML page/],
    ['a redirect to a login', { status: 302, headers: { location: '/login' } }, /login page/],
    ['half an answer', { status: 200, body: '{"workspaces":[' }, /not JSON/],
    ['the JSON of somebody else', { status: 200, body: '{"hello":1}' }, /Config API/],
  ])('%s is told as such', async (_, fault, message) => {
    await using airbyte = await startAirbyte()
    airbyte.fail('/sources/list', fault)
    const listing = connect(airbyte).actors.list('source', workspaceId, signal)
    await expect(listing).rejects.toMatchObject({ code: 'airbyte_failed' })
    await expect(listing).rejects.toThrow(message)
  })

  it('a refused connection names address and remedy, and is given up in seconds', async () => {
    const baseUrl = `http://127.0.0.1:${await anyPort()}/api/v1`
    const asked = connectAirbyte({ baseUrl, auth: { mode: 'none' } }).workspaceId(signal)
    await expect(asked).rejects.toMatchObject({ code: 'airbyte_unreachable' })
    await expect(asked).rejects.toThrow(`Tried ${baseUrl}: the connection was refused. Check that Airbyte runs there`)
  })

  it('a call ends with its caller', async () => {
    await using airbyte = await startAirbyte()
    airbyte.fail('/sources/list', { hang: true })
    const listing = connect(airbyte).actors.list('source', workspaceId, AbortSignal.timeout(50))
    await expect(listing).rejects.toMatchObject({ code: 'timed_out' })
  })
})
