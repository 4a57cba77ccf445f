import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineLog } from '../../../lib/engine/log.ts'
import { type EngineOptions, startEngine } from '../../../lib/engine/server.ts'
import { officialApi } from '../../support/openapi/official-api.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read member by member in expectations
export type Answer = { status: number; body: any; text: string }

const official = officialApi('2.0.0')

/** Collects what the engine logs, for tests that look for what must not be there. */
export const collectingLog = () => {
  const lines: string[] = []
  const collect = (message: string, fields?: unknown) => void lines.push(`${message} ${JSON.stringify(fields ?? {})}`)
  const log: EngineLog = { info: collect, warn: collect, error: collect }
  return { log, lines }
}

/** An engine on a free port with its own directory; every answer is held against Airbyte's own document, when it is there. */
export const testEngine = async (options: Partial<EngineOptions> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'))
  const { log, lines } = collectingLog()
  const start = () => startEngine({ dataDir: join(folder, 'data'), port: 0, log, ...options })
  let engine = await start()
  const call = async (path: string, body: unknown = {}): Promise<Answer> => {
    const isGet = path === '/health' || path === '/instance_configuration'
    const response = await fetch(
      `${engine.url}${path}`,
      isGet ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    )
    const text = await response.text()
    const answer = { status: response.status, text, body: text === '' ? undefined : JSON.parse(text) }
    const faults = official?.has(path) && response.ok ? official.answerFaults(path, answer.status, answer.body) : []
    if (faults.length > 0)
      throw new Error(`${path} answered what Airbyte's document does not have: ${faults.join('; ')}`)
    if (text.includes('null')) throw new Error(`${path} answered a null: ${text}`)
    return answer
  }
  return {
    call,
    lines,
    folder,
    url: () => engine.url,
    restart: async () => {
      await engine.close()
      engine = await start()
    },
    /** Asks for the job until it has ended. */
    finished: async (id: number, timeoutMs = 90_000) => {
      const deadline = Date.now() + timeoutMs
      for (;;) {
        const { body } = await call('/jobs/get', { id })
        if (['succeeded', 'failed', 'cancelled'].includes(body.job.status)) return body
        if (Date.now() > deadline) throw new Error(`Job ${id} is still ${body.job.status}`)
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    },
    async [Symbol.asyncDispose]() {
      await engine.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type TestEngine = Awaited<ReturnType<typeof testEngine>>
