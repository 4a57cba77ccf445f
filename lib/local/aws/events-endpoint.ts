import { randomUUID } from 'node:crypto'
import type { AwsActions } from './aws-endpoint.ts'

/** An event as EventBridge hands it to its targets. */
export interface BusEvent {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

/** Called with every event of the bus; a rule is a target with a pattern before it. What it throws reaches `onTargetError` only. */
export type BusTarget = (event: BusEvent) => Promise<void> | void

export interface EventBus {
  readonly actions: AwsActions
  /** The last 1,000, oldest first. */
  recent(): readonly BusEvent[]
  /** Returns what removes the target again. */
  subscribe(target: BusTarget): () => void
}

const kept = 1000

/** An event bus in memory behind `PutEvents`. */
export const createEventBus = ({ onTargetError }: { onTargetError(error: unknown): void }): EventBus => {
  const events: BusEvent[] = []
  const targets = new Set<BusTarget>()
  const deliver = async (target: BusTarget, event: BusEvent) => {
    try {
      await target(event)
    } catch (error) {
      onTargetError(error)
    }
  }

  return {
    recent: () => [...events],
    subscribe: (target) => {
      targets.add(target)
      return () => targets.delete(target)
    },
    actions: {
      'AWSEvents.PutEvents': (input) => {
        const entries = Array.isArray(input.Entries) ? input.Entries : []
        if (entries.length < 1 || entries.length > 10)
          return { fault: 'ValidationException', message: 'Entries must have between 1 and 10 members.' }
        const results = entries.map((entry: unknown) => {
          const event = parseEntry(entry)
          if ('ErrorCode' in event) return event
          events.push(event)
          if (events.length > kept) events.shift()
          for (const target of targets) void deliver(target, event)
          return { EventId: event.id }
        })
        return { Entries: results, FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length }
      },
    },
  }
}

/** EventBridge's limit for one entry. */
const entryBytes = 256 * 1024

const parseEntry = (entry: unknown): BusEvent | { ErrorCode: string; ErrorMessage: string } => {
  const { Source, DetailType, Detail, Resources, Time } = (entry ?? {}) as Record<string, unknown>
  if (typeof Source !== 'string' || typeof DetailType !== 'string' || typeof Detail !== 'string')
    return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Source, DetailType and Detail are required.' }
  if (Buffer.byteLength(Detail) > entryBytes)
    return { ErrorCode: 'InvalidArgument', ErrorMessage: 'The entry is larger than 256 KiB.' }
  const detail = parseObject(Detail)
  if (!detail) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': DetailType,
    source: Source,
    account: '000000000000',
    time: new Date(typeof Time === 'number' ? Time * 1000 : Date.now()).toISOString(),
    region: 'us-east-1',
    resources: Array.isArray(Resources) ? Resources.map(String) : [],
    detail,
  }
}

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
