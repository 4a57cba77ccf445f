import type { StreamState } from '../../connectors/connector.ts'
import type { FailureReason, StreamName, StreamStatistics } from '../job.ts'
import type { SyncOrder } from '../jobs/sync-order.ts'

/** From the engine to a sync process. The process ends itself when the channel closes. */
export type ToProcess =
  /** These connectors are likely to be asked for: loading what they need takes longer than a small sync. */
  { type: 'prepare'; definitionIds: readonly string[] } | { type: 'start'; order: SyncOrder } | { type: 'cancel' }

/** From a sync process to the engine. `streams` are those that changed since the last message. After `ended` nothing follows. */
export type FromProcess =
  | { type: 'ready' }
  | { type: 'statistics'; streams: readonly StreamStatistics[] }
  /** The destination has committed all that this state covers. */
  | { type: 'state'; stream: StreamName; state: StreamState; streams: readonly StreamStatistics[] }
  | { type: 'log'; text: string }
  /** No failures = succeeded. */
  | { type: 'ended'; streams: readonly StreamStatistics[]; failures: readonly FailureReason[] }
