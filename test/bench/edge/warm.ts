import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { textTable } from '../../../lib/local/demo/text-table.ts'
import type { WarmResult } from './warm-process.ts'

const barMs = 1

/** `POST /datasource` on a warm function, beside a handler that only makes the same call to Airbyte, each with a core of its own. */
export const warmRequests = async (bundle: string): Promise<string[]> => {
  const upstream = fork(fileURLToPath(new URL('./upstream.ts', import.meta.url)))
  try {
    const [url] = (await once(upstream, 'message')) as [string]
    const warm = fork(fileURLToPath(new URL('./warm-process.ts', import.meta.url)), [bundle, url], {
      env: { PATH: process.env.PATH, AIRBYTE_BASE_URL: url, STAGE: 'local', AWS_REGION: 'us-east-1' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const [results] = (await once(warm, 'message')) as [WarmResult[]]
    const [own, bare] = results
    if (!own || !bare) throw new Error('the warm process measured nothing')
    console.log(`\nWarm requests, ${own.requests} of each in turns, the upstream on loopback in another process`)
    console.log(
      textTable(
        ['handler', 'p50 ms', 'p99 ms', 'requests/s/core', 'upstream calls/request'],
        results.map((one) => [one.name, one.p50Ms, one.p99Ms, one.perCpuSecond, one.upstreamCalls]),
      ),
    )
    const added = own.p50Ms - bare.p50Ms
    console.log(
      `added on top of the upstream call: p50 ${added.toFixed(2)} ms, p99 ${(own.p99Ms - bare.p99Ms).toFixed(2)} ms`,
    )
    return [
      ...(added > barMs ? [`a warm request adds ${added.toFixed(2)} ms, bar ${barMs}`] : []),
      ...(own.upstreamCalls > 1 ? [`a warm request makes ${own.upstreamCalls} upstream calls, bar 1`] : []),
    ]
  } finally {
    upstream.kill()
  }
}
