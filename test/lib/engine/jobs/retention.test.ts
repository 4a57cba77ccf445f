import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { jobRetention } from '../../../../lib/engine/jobs/retention.ts'
import { openStore, type Store } from '../../../../lib/engine/store/store.ts'
import { eventually } from '../../../support/eventually.ts'
import { collectingLog } from '../test-engine.ts'

const dayMs = 24 * 60 * 60_000
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs)

let folder: string
let store: Store
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-retention-'))
  store = openStore(folder)
  for (const kind of ['source', 'destination'] as const)
    store.actors.add({ id: kind, kind, definitionId: 'none', name: kind, configuration: {}, createdAt: new Date() })
  store.connections.add({
    ...{ id: 'c', sourceId: 'source', destinationId: 'destination', name: 'c', status: 'active' },
    ...{ namespaceDefinition: 'source', catalog: [], schedule: { type: 'manual' }, kept: {}, createdAt: new Date() },
  })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

type End = 'failed' | 'succeeded' | 'running'
/** Jobs of this age, oldest first, each with an attempt and a log. */
const addJobs = (connectionId: string, ageDays: number, ends: readonly End[]): number[] =>
  store.transaction(() =>
    ends.map((end) => {
      const at = daysAgo(ageDays)
      const id = store.jobs.add(connectionId, [], at)
      store.jobs.become(id, 'running', at)
      store.attempts.add(id, 0, at)
      store.attempts.addLogLine(id, 0, 'a line')
      if (end !== 'running') store.jobs.become(id, end, at)
      return id
    }),
  )
const left = () =>
  store.jobs.list({ orderBy: 'createdAt', ascending: true, limit: 10_000, offset: 0 }).jobs.map(({ id }) => id)
const rule = { maxAgeDays: 60, maxJobs: 5, minJobs: 2 }
const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item)

describe('the retention of jobs', () => {
  it('keeps the newest of a connection, the last success and what runs', async () => {
    const [success, ...failures] = addJobs('c', 1, ['succeeded', ...times(40, 'failed' as const), 'running'])
    const { log, lines } = collectingLog()
    const retention = jobRetention({ store, log, rule })
    retention.look()
    await eventually(() => lines.find((line) => line.startsWith('old jobs removed {"jobs":36}')))
    retention.close()
    expect(left()).toEqual([success, ...failures.slice(-5)])
    const [removed = 0] = failures
    expect(store.attempts.listOfJob(removed)).toEqual([])
    expect(store.attempts.logLines(removed, 0)).toEqual([])
    expect(store.attempts.logLines(failures.at(-1) ?? 0, 0)).toEqual(['a line'])
  })

  it('removes what is older than the rule allows, but never the newest', () => {
    const old = addJobs('c', 61, ['succeeded', 'failed', 'failed', 'succeeded'])
    const young = addJobs('c', 59, ['failed'])
    const { log } = collectingLog()
    const retention = jobRetention({ store, log, rule })
    retention.look()
    retention.close()
    expect(left()).toEqual([...old.slice(-1), ...young])
  })

  it('keeps the history of a deleted connection for its time', () => {
    addJobs('gone', 61, ['succeeded', 'failed'])
    const young = addJobs('gone', 59, ['succeeded', 'failed'])
    const { log } = collectingLog()
    const retention = jobRetention({ store, log, rule })
    retention.look()
    retention.close()
    expect(left()).toEqual(young)
  })

  it('outlives a store that fails', () => {
    addJobs('c', 61, times(4, 'failed'))
    const { log, lines } = collectingLog()
    const fail = () => {
      throw new Error('database or disk is full')
    }
    const retention = jobRetention({ store: { ...store, transaction: fail }, log, rule })
    retention.look()
    retention.close()
    expect(lines.join()).toContain('old jobs could not be removed')
    expect(left()).toHaveLength(4)
  })
})
