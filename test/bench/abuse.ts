import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import fc from 'fast-check'
import { textTable } from '../../lib/local/demo/text-table.ts'
import { startStack } from '../../lib/local/stack.ts'
import { corpus, nearRequests, type WireRequest } from '../support/abuse.ts'
import { startAirbyte } from '../support/airbyte/stand-in.ts'

const nearCount = 20_000
const seed = 20_261_122
const atOnce = 16
const patienceMs = 30_000
/** Of resident memory, between the first third and the end; how much a busy Node process takes meanwhile varies. */
const flat = 1.25

/** Hostile and nearly right requests against the functions behind serverless-offline. Exit code 1 on a 500, a hang, a crash or growth. */
export const abuse = async (): Promise<void> => {
  const airbyte = await startAirbyte()
  const stack = await startStack({
    apiPort: 0,
    enginePort: 0,
    airbyte: { url: airbyte.url },
    watch: false,
    log: () => {},
  })
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const statuses = new Map<string, number>()
  const bad: string[] = []
  const send = async (one: WireRequest) => {
    const status = await answered(stack.api, agent, one)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status === '500' || status === 'hang')
      bad.push(`${status}: ${one.name} (${one.method} ${one.path.slice(0, 200)})`)
  }
  const residentMib = () => Math.max(...stack.pids.map(residentOf))
  const inTurns = async (requests: readonly WireRequest[]) => {
    const queue = requests.values()
    const work = async () => {
      for (const one of queue) await send(one)
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  }
  try {
    const startedAt = performance.now()
    const near = fc.sample(nearRequests, { seed, numRuns: nearCount })
    await inTurns(corpus)
    await inTurns(near.slice(0, nearCount / 3))
    const before = residentMib()
    await inTurns(near.slice(nearCount / 3, (2 * nearCount) / 3))
    const between = residentMib()
    await inTurns(near.slice((2 * nearCount) / 3))
    const after = residentMib()
    await inTurns(corpus)
    const alive = await fetch(`${stack.api}/health`)
    const seconds = (performance.now() - startedAt) / 1000
    const total = [...statuses.values()].reduce((sum, one) => sum + one, 0)
    console.log(`${total} requests in ${seconds.toFixed(0)} s, seed ${seed}`)
    console.log(textTable(['status', 'answers'], [...statuses].sort()))
    console.log(
      `resident memory of the functions' process: ${before} MiB after a third, ${between} after two, ${after} at the end`,
    )
    if (!alive.ok) bad.push(`crash: /health answers ${alive.status}`)
    if (after > before * flat) bad.push(`memory grew from ${before} to ${after} MiB`)
    console.log(bad.length === 0 ? 'No 500, no hang, no crash, memory flat.' : bad.slice(0, 20).join('\n'))
    if (bad.length > 0) process.exitCode = 1
  } finally {
    agent.destroy()
    await stack.close()
    await airbyte[Symbol.asyncDispose]()
  }
}

/** The status, `refused` when the server ended the connection (bytes that are no HTTP), or `hang`. */
const answered = (api: string, agent: Agent, { method, path, headers, body }: WireRequest): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(api)
    const sent = request({ hostname, port, method, path, headers, agent, timeout: patienceMs }, (response) => {
      response.resume()
      response.on('end', () => resolve(String(response.statusCode)))
      response.on('error', () => resolve('refused'))
    })
    sent.on('timeout', () => {
      resolve('hang')
      sent.destroy()
    })
    sent.on('error', () => resolve('refused'))
    sent.end(body)
  })

const residentOf = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
