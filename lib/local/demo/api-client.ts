import type { SyncStatistics } from './sync-progress.ts'

export interface SyncAnswer extends SyncStatistics {
  jobId: number
  outcome?: string
  failure?: unknown
}

/** Calls of this project's own HTTP API. What it refuses is thrown with the problem document's words. */
export const apiClient = (url: string) => {
  const call = async <Answer>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return JSON.parse(text) as Answer
  }
  return {
    createDatasource: (body: object) => call<{ id: string }>('POST', '/datasource', body),
    createSink: (body: object) => call<{ id: string }>('POST', '/sink', body),
    createIngestion: (body: object) => call<{ id: string }>('POST', '/ingestion', body),
    startSync: (ingestionId: string) =>
      call<{ jobId: number; executionArn?: string }>('POST', `/ingestion/${ingestionId}/sync`),
    sync: (jobId: number) => call<SyncAnswer>('GET', `/sync/${jobId}`),
  }
}
