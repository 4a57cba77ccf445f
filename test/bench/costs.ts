import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { textTable } from '../../lib/local/demo/text-table.ts'
import type { Resource } from '../support/cloudformation-schema.ts'
import { packageService } from '../support/stack-package.ts'
import { decidedPace, watch } from '../support/waiting.ts'

/** List prices of us-east-1 in dollars, without free tiers and discounts. */
const price = {
  transition: 25 / 1e6,
  invocation: 0.2 / 1e6,
  gbSecond: { arm64: 0.0000133334, x86_64: 0.0000166667 },
  httpRequest: 1 / 1e6,
  event: 1 / 1e6,
  tableWrite: 0.625 / 1e6,
  trace: 5 / 1e6,
  logGb: 0.5,
  alarmMonth: 0.1,
}

/** Billed, an upstream call included; generous to what the edge benchmark measures. */
const invocationSeconds = 0.3
/** A request line and Lambda's own three. */
const logBytes = 1_200
/** Taking a key, keeping the answer. */
const writesPerKey = 2

const lengths: readonly (readonly [string, number])[] = [
  ['1 minute', 60],
  ['10 minutes', 600],
  ['1 hour', 3_600],
  ['6 hours', 21_600],
]

interface Sized {
  MemorySize: number
  Architectures: ['arm64']
}

/** What AWS takes for 1,000 syncs started over HTTP and waited for: sizes from the packaged template, polls from the poll function's decisions. */
export const costs = async (): Promise<void> => {
  const packaged = await packageService()
  try {
    const template = readFileSync(join(packaged.output, 'cloudformation-template-update-stack.json'), 'utf8')
    const { Resources } = JSON.parse(template) as { Resources: Record<string, Resource> }
    const invocation = (id: string) => {
      const resource = Resources[id]
      if (!resource) throw new Error(`the template has no ${id}`)
      const { MemorySize, Architectures } = resource.Properties as unknown as Sized
      const seconds = (MemorySize / 1024) * invocationSeconds * price.gbSecond[Architectures[0]]
      return price.invocation + seconds + price.trace + (logBytes / 1e9) * price.logGb
    }
    const rows = lengths.map(([name, seconds]) => {
      const { polls, transitions } = watch(seconds, decidedPace(seconds))
      const start = price.httpRequest + invocation('SyncLambdaFunction') + writesPerKey * price.tableWrite
      const waiting = transitions * price.transition + polls * invocation('PollLambdaFunction') + price.event
      return [name, polls, transitions, dollars(start), dollars(waiting), dollars(start + waiting)]
    })
    console.log('1,000 syncs of that length, known from earlier ones; us-east-1 list prices, no free tier')
    console.log(textTable(['length', 'polls', 'transitions', 'starting', 'waiting', 'together'], rows))
    const alarms = Object.values(Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm').length
    console.log(`Without any sync: ${alarms} alarms, $${(alarms * price.alarmMonth).toFixed(2)} a month.`)
  } finally {
    await packaged.remove()
  }
}

const dollars = (each: number): string => `$${(each * 1000).toFixed(2)}`
