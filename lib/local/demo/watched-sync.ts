import { setTimeout as delay } from 'node:timers/promises'
import type { apiClient, SyncAnswer } from './api-client.ts'
import type { SyncProgress } from './sync-progress.ts'

const askEveryMs = 50
const goesOn = ['pending', 'queued', 'running', 'incomplete']

export interface WatchedSync extends SyncAnswer {
  executionArn: string | undefined
  /** From before `POST …/sync` until `GET /sync/{jobId}` first showed the end. */
  seconds: number
}

/** Starts a sync through the HTTP API and asks for it until its job has ended. */
export const watchSync = async (
  api: ReturnType<typeof apiClient>,
  ingestionId: string,
  progress: SyncProgress,
): Promise<WatchedSync> => {
  const startedAt = performance.now()
  const { jobId, executionArn } = await api.startSync(ingestionId)
  try {
    for (;;) {
      const sync = await api.sync(jobId)
      progress.update(sync)
      if (!goesOn.includes(sync.status))
        return { ...sync, executionArn, seconds: (performance.now() - startedAt) / 1000 }
      await delay(askEveryMs)
    }
  } finally {
    progress.end()
  }
}
