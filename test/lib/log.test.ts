import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { IngestionError } from '../../lib/errors.ts'
import { loggable } from '../../lib/log.ts'
import { startAirbyte } from '../support/airbyte/stand-in.ts'

describe('loggable', () => {
  it('leaves out what a SyntaxError quotes', () => {
    try {
      JSON.parse('{"password": canary}')
    } catch (error) {
      expect(JSON.stringify(loggable(error))).not.toContain('canary')
    }
  })

  it('keeps code and cause of our own, not the message, which may name values', () =>
    expect(
      loggable(new IngestionError('not_found', 'canary', { cause: new TypeError('x is undefined') })),
    ).toMatchObject({
      code: 'not_found',
      cause: { name: 'TypeError', message: 'x is undefined' },
    }))
})

const canaries = {
  host: 'canary-h',
  database: 'canary-d',
  username: 'canary-u',
  password: 'canary-p',
  token: 'canary-t',
}
const program = `
import { call } from './test/support/api-event.ts'
const { handler } = await import('./functions/datasource/handler.ts')
const config = ${JSON.stringify(canaries)}
for (const body of [
  { name: 'canary-n', type: 'mysql', config: { ...config, port: 1 } },
  { name: 'canary-n', type: 'mysql', config },
  { name: 'canary-n', type: 'canary-type', config },
  { 'canary-field': config },
]) await call(handler, 'POST /datasource', { body, headers: { authorization: 'canary-header' } })
await call(handler, 'POST /datasource', { text: '{"password":canary-text' })
`

it('one line a request, and nothing of bodies, headers or settings in it', async () => {
  await using airbyte = await startAirbyte({ auth: { mode: 'basic', username: 'u', password: 'canary-secret' } })
  airbyte.fail('/sources/create', { status: 500, body: '{"message":"canary-upstream"}' })
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--no-warnings', '-e', program],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: {
        PATH: process.env.PATH,
        AIRBYTE_BASE_URL: airbyte.url,
        AIRBYTE_AUTH: JSON.stringify({ mode: 'basic', username: 'u', password: 'canary-secret' }),
      },
    },
  )
  const written = (stdout + stderr)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  // Metrics (Embedded Metric Format) stand on lines of their own.
  const lines = written.filter((line) => !('_aws' in line))
  expect(lines.map(({ status }) => status).sort()).toEqual([400, 404, 422, 422, 502])
  expect(stdout + stderr).not.toContain('canary')
  expect(lines[0]).toMatchObject({
    requestId: 'request-1',
    route: 'POST /datasource',
    durationMs: expect.any(Number),
  })
})
