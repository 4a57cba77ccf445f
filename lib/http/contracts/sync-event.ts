import * as z from 'zod'
import { faultsOf, invalidInput } from '../contract.ts'
import { asSyncOptions, ifRunning, syncOptions } from './sync.ts'

const connectionId = z.string().min(1).max(64)

/**
 * What the sync function is invoked with by a rule, a schedule or a program. An EventBridge event as it is will do too:
 * then its detail names the connections, and its id is the event's.
 */
const syncEvent = z
  .strictObject({
    connectionId: connectionId.optional(),
    connectionIds: z.array(connectionId).min(1).max(100).optional(),
    eventId: z.string().min(1).max(256).optional().describe('The same event delivered twice starts one sync'),
    time: z.string().max(64).optional().describe('When it was meant to happen; for the log'),
    ifRunning,
    ...syncOptions,
  })
  .refine((event) => (event.connectionId === undefined) !== (event.connectionIds === undefined), {
    error: 'must name connectionId or connectionIds, one of them',
  })

/** Throws invalid_input with a pointer for each fault. */
export const parseSyncEvent = (input: unknown) => {
  const event = unwrapped(input)
  const result = syncEvent.safeParse(event)
  if (!result.success) throw invalidInput(result.error.issues.flatMap((issue) => faultsOf(issue, event)))
  const { connectionId: one, connectionIds, eventId, time, ...options } = result.data
  return {
    connectionIds: [...new Set(one === undefined ? connectionIds : [one])],
    eventId,
    time,
    ...asSyncOptions(options),
  }
}

const unwrapped = (input: unknown): unknown => {
  if (typeof input !== 'object' || input === null) return input
  const { 'detail-type': type, detail, id, time } = input as Record<string, unknown>
  if (typeof type !== 'string' || typeof detail !== 'object' || detail === null) return input
  return { eventId: id, time, ...detail }
}
