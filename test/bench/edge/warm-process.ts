import { call } from '../../support/api-event.ts'

export interface WarmResult {
  name: string
  requests: number
  p50Ms: number
  p99Ms: number
  /** Requests for each second of CPU time that this process used. */
  perCpuSecond: number
  upstreamCalls: number
}

type Handler = Parameters<typeof call>[0]

const [bundle = '', url = ''] = process.argv.slice(2)
const requests = 2000
const warmUp = 300

let upstreamCalls = 0
const realFetch = globalThis.fetch
globalThis.fetch = (...args) => {
  upstreamCalls++
  return realFetch(...args)
}

const { handler } = (await import(bundle)) as { handler: Handler }

const config = { host: 'db.example.com', port: 5432, database: 'shop', username: 'reader', password: 'secret' }

/** Reads the body, asks Airbyte the same, answers: what no implementation can do without. */
const bare = async (event: { body?: string }) => {
  const { name, config: configuration } = JSON.parse(event.body ?? '') as { name: string; config: object }
  const response = await fetch(`${url}/sources/create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, connectionConfiguration: configuration, ...known }),
  })
  return { statusCode: 201, body: JSON.stringify(await response.json()) }
}

const body = { name: 'shop', type: 'postgres', config }
const first = (await call(handler, 'POST /datasource', { body })).body
const known = { workspaceId: first.workspaceId, sourceDefinitionId: first.definitionId }

const handlers: Record<string, Handler> = { 'POST /datasource': handler, 'the upstream call alone': bare }
const measured = Object.keys(handlers).map((name) => ({ name, ms: [] as number[], cpuMicros: 0, calls: 0 }))
for (let round = 0; round < warmUp + requests; round++)
  for (const one of measured) {
    const run = handlers[one.name] as Handler
    upstreamCalls = 0
    const cpu = process.cpuUsage()
    const startedAt = performance.now()
    const { status } = await call(run, 'POST /datasource', { body: { ...body, name: `shop ${round}` } })
    const ms = performance.now() - startedAt
    if (status !== 201) throw new Error(`${one.name} answered ${status}`)
    if (round < warmUp) continue
    const used = process.cpuUsage(cpu)
    one.ms.push(ms)
    one.cpuMicros += used.user + used.system
    one.calls += upstreamCalls
  }

const results: WarmResult[] = measured.map(({ name, ms, cpuMicros, calls }) => {
  const sorted = ms.sort((a, b) => a - b)
  const at = (share: number) => Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2))
  return {
    name,
    requests,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    perCpuSecond: Math.round((requests * 1e6) / cpuMicros),
    upstreamCalls: calls / requests,
  }
})
process.send?.(results, () => process.exit())
