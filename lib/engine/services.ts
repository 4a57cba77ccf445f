import type { Connectors } from './connectors.ts'
import type { JobRunner } from './jobs/runner.ts'
import type { Scheduler } from './jobs/scheduler.ts'
import type { EngineLog } from './log.ts'
import type { Store } from './store/store.ts'

/** What the operations work with; made once per engine. */
export interface Services {
  readonly store: Store
  readonly connectors: Connectors
  readonly runner: JobRunner
  readonly scheduler: Scheduler
  readonly log: EngineLog
  readonly workspaceId: string
  /** Aborts when the engine closes. */
  readonly closing: AbortSignal
  /** Where the engine listens, without path; known once it does. */
  origin(): string
}
